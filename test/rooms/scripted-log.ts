import type { Appended, EventLog, GrowthListener, Page, Publication, RoomEvent } from '../../src/rooms/event-log.ts';
import type { Position } from '../../src/rooms/position.ts';
import { RoomError } from '../../src/rooms/room-error.ts';

interface Log {
  epoch: string;
  /** The offset before the first event that is retained. */
  start: number;
  events: RoomEvent[];
}

/** A log that does on command what logs do in bad moments. */
export class ScriptedLog implements EventLog {
  answersEach = false;
  /** Readings wait for this. */
  gate: Promise<void> | undefined;
  /** So many readings fail next. */
  failures = 0;
  reads = 0;
  /** Readings are answered with what there was when they were asked for. */
  late = false;
  readonly #logs = new Map<string, Log>();
  readonly #listeners = new Set<GrowthListener>();
  #epochs = 0;

  /** An event of this process: listeners are given it at once. */
  async append(room: string, { from, text }: Publication): Promise<Appended> {
    const log = this.#log(room);
    const event = this.#add(log, from, text);
    for (const listener of this.#listeners) listener(room, event.offset, event, log.epoch);
    return { position: { epoch: log.epoch, offset: event.offset }, at: event.at, duplicate: false };
  }

  /** Events of another process; nobody is told. */
  grow(room: string, count: number, text = ''): void {
    for (let i = 0; i < count; i++) this.#add(this.#log(room), 'elsewhere', text);
  }

  /** Tells of what has grown, without the events. */
  tell(room: string): void {
    for (const listener of this.#listeners) listener(room, this.end(room).offset);
  }

  /** Retention drops all events but the last so many. */
  keep(room: string, count: number): void {
    const log = this.#log(room);
    const dropped = Math.max(0, log.events.length - count);
    log.events = log.events.slice(dropped);
    log.start += dropped;
  }

  /** Another log takes the place of this one. */
  replace(room: string): void {
    this.#logs.delete(room);
    this.#log(room);
  }

  /** Closes the gate and returns what opens it. */
  hold(): () => void {
    let open: () => void = () => {};
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  end(room: string): Position {
    const { epoch, start, events } = this.#log(room);
    return { epoch, offset: start + events.length };
  }

  /** As it was when it was asked for, however late the answer is. */
  async head(room: string): Promise<Position> {
    const end = this.end(room);
    await this.#ready();
    return end;
  }

  async read(room: string, after: Position | undefined, limit: number, maxBytes = Infinity): Promise<Page> {
    this.reads++;
    if (this.late) {
      const page = this.#page(room, after, limit, maxBytes);
      await this.#ready();
      return page;
    }
    await this.#ready();
    return this.#page(room, after, limit, maxBytes);
  }

  follow(listener: GrowthListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {}

  #page(room: string, after: Position | undefined, limit: number, maxBytes: number): Page {
    const { epoch, start, events } = this.#log(room);
    const head = start + events.length;
    const reset = after !== undefined && (after.epoch !== epoch || after.offset > head);
    const from = after === undefined || reset ? start : after.offset;
    const begin = Math.max(from, start);
    const page: RoomEvent[] = [];
    let bytes = 0;
    for (const event of events.slice(begin - start)) {
      if (page.length === limit || bytes >= maxBytes) break;
      page.push(event);
      bytes += event.text.length;
    }
    const gap = begin > from ? { from, to: begin } : undefined;
    return { epoch, head, after: begin, events: page, gap, reset };
  }

  async #ready(): Promise<void> {
    await this.gate;
    if (this.failures === 0) return;
    this.failures--;
    throw new RoomError('unavailable', 'scripted');
  }

  #log(room: string): Log {
    const log = this.#logs.get(room) ?? { epoch: `e${++this.#epochs}`, start: 0, events: [] };
    this.#logs.set(room, log);
    return log;
  }

  #add(log: Log, from: string, text: string): RoomEvent {
    const offset = log.start + log.events.length + 1;
    const event = { offset, at: offset, from, text: `${log.epoch}:${offset} ${text}` };
    log.events.push(event);
    return event;
  }
}
