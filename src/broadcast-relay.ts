import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RoomEvent } from './rooms/event-log.ts';
import type { Format, Reader } from './rooms/reader.ts';
import type { Rooms } from './rooms/rooms.ts';

export interface RelayCallbacks {
  /** Another server has sent a text: to a group, or to everybody. */
  onText(text: string, group: string | undefined): void;
  /** A text has not reached the others, or may not have reached this one. */
  onError(error: unknown): void;
}

/** The texts of all servers are one room, whose name no client can ask for. */
const ROOM = 'server broadcast';
/** Milliseconds until joining it is tried again. */
const RETRY_TIME = 1000;

/** They are not encoded: each server sends them as its own. */
const nothing: Format<undefined> = { encode: () => undefined };

/** Carries what a server sends to all of its connections to those of other servers, through rooms that they share. */
export class BroadcastRelay {
  /** Names this server: its own texts have reached its connections already. */
  readonly #origin = randomBytes(8).toString('hex');
  readonly #rooms: Rooms;
  readonly #callbacks: RelayCallbacks;
  /** Ends the reading; undefined while it is closed. */
  #reading: AbortController | undefined;

  constructor(rooms: Rooms, callbacks: RelayCallbacks) {
    this.#rooms = rooms;
    this.#callbacks = callbacks;
  }

  open(): void {
    if (this.#reading) return;
    const reading = new AbortController();
    this.#reading = reading;
    void this.#read(reading.signal);
  }

  close(): void {
    this.#reading?.abort();
    this.#reading = undefined;
  }

  publish(text: string, group?: string): void {
    const from = group === undefined ? this.#origin : `${this.#origin} ${group}`;
    this.#rooms.publish(ROOM, { from, text }).catch(this.#callbacks.onError);
  }

  /** From the newest text on, and again from there where the store has lost texts, or cannot be read yet. */
  async #read(closed: AbortSignal): Promise<void> {
    while (!closed.aborted) {
      try {
        await this.#readOnce(closed);
      } catch (error) {
        if (!closed.aborted) this.#callbacks.onError(error);
        await delay(RETRY_TIME, undefined, { ref: false });
      }
    }
  }

  /** Resolves when it is closed. */
  async #readOnce(closed: AbortSignal): Promise<void> {
    let over: ((error: Error) => void) | undefined;
    const reader: Reader<undefined> = {
      bufferedAmount: 0,
      whenDrained: () => {},
      deliver: (_, event) => over && this.#onEvent(event),
      gap: () => this.#callbacks.onError(new Error('texts of other servers are missing')),
      reset: () => {
        // What comes next is the oldest that there is, and was sent before.
        over?.(new Error('texts of other servers may be missing: their store has begun anew'));
        over = undefined;
      },
    };
    const subscription = await this.#rooms.subscribe(ROOM, reader, nothing);
    try {
      await new Promise<void>((resolve, reject) => {
        over = reject;
        closed.addEventListener('abort', () => {
          over = undefined;
          resolve();
        });
        if (closed.aborted) resolve();
        else subscription.start();
      });
    } finally {
      subscription.close();
    }
  }

  #onEvent({ from, text }: RoomEvent): void {
    const [origin] = from.split(' ', 1);
    if (origin === this.#origin) return;
    this.#callbacks.onText(text, origin === from ? undefined : from.slice(this.#origin.length + 1));
  }
}
