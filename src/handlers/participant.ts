import { type CloseCode, closeCodes } from '../close-codes.ts';
import type { Appended, Publication } from '../rooms/event-log.ts';
import type { Position } from '../rooms/position.ts';
import type { Arrival, Membership } from '../rooms/presence.ts';
import { RoomError } from '../rooms/room-error.ts';
import type { Format, Rooms, Start, Subscription } from '../rooms/rooms.ts';
import type { Connection } from '../wire/connection.ts';
import { type SharedText, TextReader } from './text-reader.ts';

/** Publications of a connection that are not durable yet; with so many it is not read until one is. */
const MAX_IN_FLIGHT = 100;

/** The same for their length, in UTF-16 units: a store that stands still must not collect what everybody sends meanwhile. */
const MAX_LENGTH_IN_FLIGHT = 1024 * 1024;

/** Milliseconds for which what a connection is told may wait. It is not read meanwhile, so that no ping finds out whether it lives. */
const PATIENCE = 30_000;

export interface JoinOptions {
  format: Format<SharedText>;
  start?: Start | undefined;
  /** Called before the first event. @param position where its events begin */
  welcome?(position: Position): void | Promise<void>;
}

interface Pending {
  readonly publication: Publication;
  outcome: Appended | RoomError | undefined;
}

/** A connection in a room that speaks bare text: what it publishes, what it reads, and what is left to do when it ends. */
export class Participant {
  readonly connection: Connection;
  protected readonly rooms: Rooms;
  protected readonly room: string;
  protected reader: TextReader;
  /** Under which it publishes. */
  name = '';
  #membership: Membership | undefined;
  #subscription: Subscription | undefined;
  #joined = false;
  #left = false;
  /** In the order in which they came; answered in that order. */
  readonly #pending: Pending[] = [];
  #pendingLength = 0;
  #untold: string[] = [];
  #patience: NodeJS.Timeout | undefined;
  #paused = false;

  constructor(connection: Connection, rooms: Rooms, room: string) {
    this.connection = connection;
    this.rooms = rooms;
    this.room = room;
    this.reader = new TextReader(connection, () => this.sendAway());
    this.#pauseOrResume();
    connection.once('close', () => this.leave());
  }

  /** Takes a name, which nobody else in the room has. */
  async enter(arrival: Arrival): Promise<void> {
    const membership = await this.rooms.enter(this.room, arrival);
    if (this.#left) membership.leave();
    else this.#membership = membership;
    this.name = membership.name;
  }

  /** Begins to read the room. What came before from the connection has waited, and is handed out then. */
  async join({ format, start, welcome }: JoinOptions): Promise<void> {
    const subscription = await this.rooms.subscribe(this.room, this.reader, format, start);
    if (this.#left) {
      subscription.close();
      return;
    }
    this.#subscription = subscription;
    await welcome?.(subscription.position);
    subscription.start();
    this.#joined = true;
    this.#pauseOrResume();
  }

  /** Waits for the steps of a join; where one fails the connection is sent away. */
  attempt(steps: Promise<void>): void {
    steps.catch((error: unknown) => {
      if (error instanceof RoomError) this.joinFailed(error);
      else this.connection.handlerFailed(error);
    });
  }

  /** @param problem why it may not be published; its answer comes in its turn */
  publish(publication: Publication, problem?: RoomError): void {
    const pending: Pending = { publication, outcome: undefined };
    this.#pending.push(pending);
    this.#pendingLength += publication.text.length;
    if (this.#isFlightFull) this.#pauseOrResume();
    if (problem) {
      this.#settle(pending, problem);
      return;
    }
    this.rooms.publish(this.room, publication).then(
      (appended) => this.#settle(pending, appended),
      (error: unknown) => {
        if (error instanceof RoomError) this.#settle(pending, error);
        else this.connection.handlerFailed(error);
      },
    );
  }

  /** Sends it something that is not of the room's events; over the rooms' watermark that waits too, and it is not read. */
  tell(text: string): void {
    if (this.#untold.length === 0 && !this.isFull) {
      this.connection.sendText(text);
      return;
    }
    this.#untold.push(text);
    if (this.#untold.length > 1) return;
    this.#pauseOrResume();
    this.#patience = setTimeout(() => this.sendAway(), PATIENCE).unref();
    this.connection.whenSent(this.#tellRest);
  }

  /** Closes the connection, by default because the store or the reader could not keep up. */
  sendAway({ code, reason }: CloseCode = closeCodes.TRY_AGAIN_LATER): void {
    this.connection.close(code, reason);
    // Its answer to the Close is to be read.
    this.connection.resume();
  }

  protected get isFull(): boolean {
    return this.connection.bufferedAmount > this.rooms.watermark;
  }

  /** A publication is durable, or has failed. */
  protected answer(_publication: Publication, outcome: Appended | RoomError): void {
    if (!(outcome instanceof RoomError)) return;
    const { retryable, message: reason } = outcome;
    this.sendAway(retryable ? closeCodes.TRY_AGAIN_LATER : { ...closeCodes.POLICY_VIOLATION, reason });
  }

  protected joinFailed(_error: RoomError): void {
    this.sendAway();
  }

  /** The connection has ended. The name stays until what was published under it is in the log. */
  protected leave(): void {
    this.#left = true;
    clearTimeout(this.#patience);
    this.#subscription?.close();
    if (this.#pending.length === 0) this.#membership?.leave();
  }

  #settle(pending: Pending, outcome: Appended | RoomError): void {
    pending.outcome = outcome;
    for (let first = this.#pending[0]; first?.outcome; first = this.#pending[0]) {
      this.#pending.shift();
      this.#pendingLength -= first.publication.text.length;
      this.answer(first.publication, first.outcome);
    }
    if (this.#paused) this.#pauseOrResume();
    if (this.#left && this.#pending.length === 0) this.#membership?.leave();
  }

  readonly #tellRest = (): void => {
    clearTimeout(this.#patience);
    const untold = this.#untold;
    this.#untold = [];
    for (const text of untold) this.tell(text);
    this.#pauseOrResume();
  };

  get #isFlightFull(): boolean {
    return this.#pending.length >= MAX_IN_FLIGHT || this.#pendingLength >= MAX_LENGTH_IN_FLIGHT;
  }

  #pauseOrResume(): void {
    const paused = !this.#joined || this.#untold.length > 0 || this.#isFlightFull;
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.connection.pause();
    else this.connection.resume();
  }
}
