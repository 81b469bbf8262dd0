import {
  type Ack,
  type ClientMessage,
  type ErrorMessage,
  type GapMessage,
  type Pong,
  type PresenceMessage,
  type Renewed,
  type Reset,
  type ServerMessage,
  SUBPROTOCOL,
  type Welcome,
} from '../../src/rooms/protocol.ts';
import { socketAddress } from './address.ts';
import { Emitter } from './emitter.ts';
import { type ConnectionState, Link } from './link.ts';
import { Outbox, type PublishedLine } from './outbox.ts';
import { type OutboxLine, RoomError } from './room-error.ts';
import type { RoomEvents } from './room-events.ts';
import { type RoomOptions, withDefaults } from './room-options.ts';
import { RoomStore } from './room-store.ts';
import { type RoomEvent, Subscription } from './room-subscription.ts';
import { takeTabSecret } from './tab-secret.ts';
import { renewLater } from './token.ts';

/** What is passed on as an event of the same name. */
type Told = Welcome | PresenceMessage | GapMessage | Reset;

/**
 * Joins a room, by the subprotocol `text-event.v1.json`, and stays in it until `close()`.
 * @param address of the server, or of any page of it: the room is at `rooms/<room>` beside it
 * @throws TypeError for what is no address; Error where the platform has no WebSocket and none is given
 */
export function join(address: string, room: string, options: RoomOptions = {}): Room {
  return new Room(address, room, options);
}

/** A room that is joined: its events, and what is published to it. */
export class Room implements AsyncIterable<RoomEvent> {
  readonly room: string;
  /** Of the room, without a query. */
  readonly address: string;
  readonly #options: RoomOptions;
  readonly #store: RoomStore;
  readonly #outbox: Outbox;
  readonly #subscription: Subscription;
  readonly #link: Link;
  readonly #events = new Emitter<RoomEvents>();
  #members = new Set<string>();
  readonly #client: string;
  readonly #giveSecretBack: () => void;
  readonly #restored: Promise<void>;
  #name: string | undefined;
  #wanted = true;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  /** See `join`. */
  constructor(address: string, room: string, options: RoomOptions = {}) {
    const settings = withDefaults(options);
    this.room = room;
    this.address = socketAddress(address, `rooms/${encodeURIComponent(room)}`);
    this.#options = options;
    [this.#client, this.#giveSecretBack] = options.client ? [options.client, () => {}] : takeTabSecret(this.address);
    this.#store = new RoomStore(settings.store, this.address, (error) =>
      this.#events.emit('error', new RoomError('store', `the outbox is not kept: ${error}`, false)),
    );
    this.#outbox = new Outbox(this.#store, settings, (message) => this.#send(message));
    const tell = (event: RoomEvent) => this.#events.emit('event', event);
    this.#subscription = new Subscription(tell, settings.maxBehind, () => this.#link.restart());
    this.#link = new Link(
      {
        address: () => this.#joinAddress(),
        protocols: [SUBPROTOCOL],
        received: (text) => this.#received(text),
        changed: (state) => this.#changed(state),
        ask: () => this.#send({ type: 'ping' }),
      },
      settings,
    );
    this.#restored = this.#restore();
    this.connect();
  }

  get state(): ConnectionState {
    return this.#link.state;
  }

  /** The name under which this connection publishes; undefined until it has one. */
  get name(): string | undefined {
    return this.#name;
  }

  /** Who is here, oneself too; of a room of more than 200 only some. */
  get members(): readonly string[] {
    return [...this.#members];
  }

  /** Of the last event seen, or where they begin. */
  get position(): string | undefined {
    return this.#subscription.position;
  }

  /** Lines on their way, oldest first; those that were left from before a reload too, from the first `outbox` event on. */
  get unacknowledged(): readonly OutboxLine[] {
    return this.#outbox.lines;
  }

  /** Calls `listener` for every event of the type. Returns what ends it. */
  on<K extends keyof RoomEvents>(type: K, listener: (detail: RoomEvents[K]) => void): () => void {
    return this.#events.on(type, listener);
  }

  /**
   * Publishes a line: now, or as soon as there is a connection; again after each loss, until it is acknowledged. It is in the room once.
   * @returns its position, when it is durable; rejects with a RoomError
   */
  publish(text: string): Promise<string> {
    return this.publishLine(text).acknowledged;
  }

  /** The same, for who shows the line before it is acknowledged: its key is known at once. */
  publishLine(text: string): PublishedLine {
    const line = this.#outbox.publish(text);
    // Not before what the store had: the first such event has all of that.
    void this.#restored.then(() => this.#outboxChanged());
    return line;
  }

  /** Connects now: cuts a wait short, or comes back after a close. */
  connect(): void {
    this.#wanted = true;
    void this.#restored.then(() => this.#wanted && this.#link.connect());
  }

  /** Leaves. What is not acknowledged is rejected with `closed`, and stays in the store for the next time. */
  close(): void {
    this.#link.end(1000, '');
  }

  /** The events from now on; with `close()` the loop ends, and where the server ends it for good it throws a RoomError `closed`. */
  [Symbol.asyncIterator](): AsyncGenerator<RoomEvent, undefined> {
    const events = this.#subscription.read();
    if (this.state.name === 'closed') this.#subscription.end();
    return events;
  }

  async #restore(): Promise<void> {
    const { after, resume } = this.#options;
    await this.#outbox.restore();
    this.#subscription.begin(after ?? (resume ? await this.#store.position() : undefined));
    this.#outboxChanged();
  }

  #joinAddress(): string {
    const query = new URLSearchParams({ client: this.#client });
    const { name, last = 0 } = this.#options;
    const { after } = this.#subscription;
    if (name !== undefined) query.set('name', name);
    query.set(after ? 'after' : 'last', after ?? `${last}`);
    return `${this.address}?${query}`;
  }

  #changed(state: ConnectionState): void {
    if (state.name === 'closed') this.#ended(state.code, state.reason);
    if (state.name !== 'open') {
      clearTimeout(this.#renewal);
      this.#outbox.disconnected();
    }
    this.#events.emit('state', state);
  }

  #ended(code: number, reason: string): void {
    this.#wanted = false;
    this.#giveSecretBack();
    const tooBig = code === 1009 && this.#outbox.tooBig(reason);
    if (tooBig) this.#refused(tooBig);
    const message = `the room was closed: ${code} ${reason}`;
    this.#outbox.closed(message);
    this.#subscription.end(code === 1000 ? undefined : new RoomError('closed', message, false));
  }

  #received(text: string): void {
    try {
      this.#take(JSON.parse(text));
    } catch (error) {
      this.#events.emit('error', new RoomError('bad_message', `not of ${SUBPROTOCOL}: ${error}`, false));
    }
  }

  #take(message: ServerMessage): void {
    if (message.type === 'ack') this.#acknowledged(message);
    else if (message.type === 'error') this.#failed(message);
    else if (message.type === 'reconnect') this.#link.returnAfter(message.afterMs);
    else if (message.type === 'event') this.#subscription.take(message);
    else this.#changeRoom(message);
    const { position } = this;
    if (this.#options.resume && position !== undefined) void this.#store.savePosition(position);
  }

  /** Types that are not known are of a later version, and passed over. */
  #changeRoom(message: Told | Pong | Renewed): void {
    const { expires } = message as Partial<Renewed>;
    if (expires) this.#renewLater(expires);
    if (message.type === 'welcome') this.#welcomed(message);
    else if (message.type === 'join') this.#members.add(message.name);
    else if (message.type === 'leave') this.#members.delete(message.name);
    else if (message.type === 'gap') this.#subscription.skip(message.to);
    else if (message.type === 'reset') this.#subscription.reset(message.position);
    else return;
    this.#events.emit(message.type, message);
  }

  #welcomed({ name, members, position }: Welcome): void {
    this.#name = name;
    this.#members = new Set(members);
    this.#subscription.begin(position);
    this.#link.ready();
    this.#outbox.joined();
  }

  #renewLater(expires: string): void {
    const { token } = this.#options;
    if (typeof token === 'function')
      this.#renewal = renewLater(expires, token, (next) => this.#send({ type: 'auth', token: next }));
  }

  #acknowledged(ack: Ack): void {
    const line = this.#outbox.acknowledged(ack);
    if (!line) return;
    this.#events.emit('ack', { ...ack, ...line });
    this.#outboxChanged();
  }

  #failed(message: ErrorMessage): void {
    const { code, retryable } = message;
    const refused = this.#outbox.failed(message);
    this.#refused(refused ?? new RoomError(code, message.message, retryable));
  }

  #refused(error: RoomError): void {
    this.#events.emit('error', error);
    if (error.line) this.#outboxChanged();
  }

  #send(message: ClientMessage): void {
    this.#link.send(JSON.stringify(message));
  }

  #outboxChanged(): void {
    this.#events.emit('outbox', this.unacknowledged);
  }
}
