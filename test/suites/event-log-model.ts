import type { Gap, Publication } from '../../src/rooms/event-log.ts';

interface ModelEvent {
  offset: number;
  from: string;
  text: string;
}

interface ModelRoom {
  head: number;
  events: (ModelEvent & { key: string | undefined })[];
}

interface ModelPage {
  after: number;
  head: number;
  reset: boolean;
  gap: Gap | undefined;
  events: ModelEvent[];
}

const bytesOf = ({ from, text }: ModelEvent): number => Buffer.byteLength(from + text);

/** What an EventLog does, in the plainest way: every rule on its own, over an array. */
export class ModelLog {
  readonly #limits: { maxEvents: number; maxBytes: number };
  readonly #rooms = new Map<string, ModelRoom>();

  constructor(limits: { maxEvents: number; maxBytes: number }) {
    this.#limits = limits;
  }

  append(name: string, { from, text, key }: Publication): [offset: number, duplicate: boolean] {
    const room = this.#room(name);
    const known = key === undefined ? undefined : room.events.find((event) => event.key === key);
    if (known) return [known.offset, true];
    room.head++;
    room.events.push({ offset: room.head, from, text, key });
    while (room.events.length > this.#limits.maxEvents) room.events.shift();
    while (room.events.length > 1 && total(room.events) > this.#limits.maxBytes) room.events.shift();
    return [room.head, false];
  }

  head(name: string): number {
    return this.#room(name).head;
  }

  read(name: string, after: number, limit: number, maxBytes: number): ModelPage {
    const { head, events } = this.#room(name);
    const oldest = (events[0]?.offset ?? head + 1) - 1;
    const reset = after > head;
    const gap = after < oldest ? { from: after, to: oldest } : undefined;
    const start = reset || gap ? oldest : after;
    const page: ModelEvent[] = [];
    for (const { offset, from, text } of events.filter((event) => event.offset > start)) {
      if (page.length < limit && total(page) < maxBytes) page.push({ offset, from, text });
    }
    return { after: start, head, reset, gap, events: page };
  }

  #room(name: string): ModelRoom {
    const room = this.#rooms.get(name) ?? { head: 0, events: [] };
    this.#rooms.set(name, room);
    return room;
  }
}

function total(events: readonly ModelEvent[]): number {
  return events.reduce((sum, event) => sum + bytesOf(event), 0);
}
