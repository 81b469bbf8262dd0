/** What a reader was given, in the order of its coming. */
export interface Received {
  readonly offset: number;
  readonly text: string;
}

/** What the table shows of a disaster. */
export interface Verdict {
  published: number;
  acknowledged: number;
  received: number;
  /** Acknowledged lines that a reader of their room was not given; one for each reader. */
  lost: number;
  /** Lines that a reader was given more than once, or that stand in the log more than once. */
  doubled: number;
  /** Lines that came before one of a smaller offset or number, or stand at another offset for another reader. */
  disordered: number;
  /** What readers were told of as dropped, and logs as replaced: nothing is, in a few minutes. */
  interrupted: number;
}

/** An acknowledged line that some readers were not given. */
export interface Loss {
  room: string;
  text: string;
  /** Where it was acknowledged. */
  offset: number;
  /** How many were not given it. */
  readers: number;
  /** What they were given with its offset instead, and around it. */
  near: Received[];
}

/** Every line of a run: who published it, what was promised, what each reader got. */
export class Ledger {
  readonly #rooms = new Map<string, RoomLedger>();
  interrupted = 0;

  room(name: string): RoomLedger {
    let room = this.#rooms.get(name);
    if (!room) {
      room = new RoomLedger();
      this.#rooms.set(name, room);
    }
    return room;
  }

  get acknowledged(): number {
    let sum = 0;
    for (const room of this.#rooms.values()) sum += room.acknowledged.size;
    return sum;
  }

  /** The first of what is lost, for whoever has to find out why. */
  losses(most = 5): Loss[] {
    return [...this.#rooms].flatMap(([room, ledger]) => ledger.losses(room)).slice(0, most);
  }

  verdict(): Verdict {
    const sum: Verdict = {
      published: 0,
      acknowledged: 0,
      received: 0,
      lost: 0,
      doubled: 0,
      disordered: 0,
      interrupted: this.interrupted,
    };
    for (const room of this.#rooms.values()) {
      const part = room.verdict();
      for (const key of Object.keys(part) as (keyof Verdict)[]) sum[key] += part[key];
    }
    return sum;
  }
}

export class RoomLedger {
  published = 0;
  /** Offset by text; every text is published under one key. */
  readonly acknowledged = new Map<string, number>();
  readonly readers: Received[][] = [];

  /** A text was acknowledged at this offset, for the first time or again. */
  acknowledge(text: string, offset: number): void {
    const before = this.acknowledged.get(text);
    if (before !== undefined && before !== offset) this.#moved++;
    this.acknowledged.set(text, offset);
  }

  #moved = 0;

  losses(room: string): Loss[] {
    const given = this.readers.map((lines) => new Set(lines.map(({ text }) => text)));
    return [...this.acknowledged].flatMap(([text, offset]) => {
      const without = this.readers.filter((_, i) => !given[i]?.has(text));
      const near = without[0]?.filter((line) => Math.abs(line.offset - offset) <= 2);
      return near ? [{ room, text, offset, readers: without.length, near }] : [];
    });
  }

  verdict(): Verdict {
    const places = new Map<string, number>(this.acknowledged);
    const result: Verdict = {
      published: this.published,
      acknowledged: this.acknowledged.size,
      received: 0,
      lost: 0,
      doubled: this.#moved,
      disordered: 0,
      interrupted: 0,
    };
    for (const lines of this.readers) {
      const seen = new Set<string>();
      const numbers = new Map<string, number>();
      let last = 0;
      for (const { offset, text } of lines) {
        result.received++;
        if (seen.has(text)) result.doubled++;
        seen.add(text);
        const [sender = '', number = ''] = text.split(' ', 2);
        const inOrder = offset > last && Number(number) > (numbers.get(sender) ?? 0);
        const place = places.get(text);
        if (place === undefined) places.set(text, offset);
        if (!inOrder || (place ?? offset) !== offset) result.disordered++;
        last = offset;
        numbers.set(sender, Number(number));
      }
      for (const text of this.acknowledged.keys()) if (!seen.has(text)) result.lost++;
    }
    return result;
  }
}
