import { parseClientMessage } from '../rooms/client-message.ts';
import type { Appended, Publication } from '../rooms/event-log.ts';
import { errorMessage, eventMessage, gapMessage, resetMessage } from '../rooms/messages.ts';
import { formatPosition, type Position } from '../rooms/position.ts';
import type { ServerMessage } from '../rooms/protocol.ts';
import type { Start } from '../rooms/reader.ts';
import { RoomError } from '../rooms/room-error.ts';
import { MAX_WATCHED_MEMBERS, type Rooms } from '../rooms/rooms.ts';
import type { Connection } from '../wire/connection.ts';
import { Participant } from './participant.ts';
import { TextReader, textFormat } from './text-reader.ts';
import type { Visitor } from './visitor.ts';

const events = textFormat((event, position) => JSON.stringify(eventMessage(event, position)));

/** A connection in a room that speaks the subprotocol. */
export class RoomSession extends Participant {
  readonly #visitor: Visitor | undefined;
  /** Who came and went while it could not be told: before the welcome, and while too much waits for it. */
  readonly #news = new Map<string, 'join' | 'leave'>();
  #welcomed = false;
  #unwatch: (() => void) | undefined;

  /** @param visitor undefined where everybody may do everything */
  constructor(connection: Connection, rooms: Rooms, room: string, visitor: Visitor | undefined) {
    super(connection, rooms, room);
    this.#visitor = visitor;
    if (visitor) visitor.onExpired = (error) => connection.sendText(JSON.stringify(errorMessage(error)));
    this.reader = new JsonReader(connection, () => {});
    // At once: the Close comes next.
    connection.once('draining', (afterMs) => {
      connection.sendText(JSON.stringify({ type: 'reconnect', afterMs } satisfies ServerMessage));
    });
  }

  /** Joins under the name that it has. @param after where its events begin; the head where it is undefined */
  async begin(start: Start | undefined): Promise<void> {
    // Before the members are listed, so that nobody slips in between.
    if (this.connection.readyState === this.connection.OPEN && this.#mayKnowMembers()) {
      this.#unwatch = this.rooms.watch(this.room, (change, name) => this.#onPresence(change, name));
    }
    await this.join({
      format: events,
      start,
      welcome: async (position) => {
        const members = this.#mayKnowMembers() && (await this.rooms.members(this.room, MAX_WATCHED_MEMBERS));
        this.#welcome(position, members ? members.names : [this.name]);
      },
    });
  }

  onText(text: string): void {
    const { message, error, key } = { key: undefined, ...parseClientMessage(text) };
    if (error) this.#send(errorMessage(error, key));
    else if (message.type === 'ping') this.#send({ type: 'pong' });
    else if (message.type === 'auth') this.#renew(message.token);
    else {
      const publication = { from: this.name, text: message.text, key: message.key };
      this.publish(publication, this.#visitor?.problem('publish', this.room));
    }
  }

  #renew(token: string): void {
    if (!this.#visitor) {
      this.#send(errorMessage(new RoomError('unauthorized', 'this server takes no tokens')));
      return;
    }
    this.#visitor.renew(token, this.room).then(
      (until) => this.#send({ type: 'renewed', expires: until.toISOString() }),
      (error: unknown) => {
        if (error instanceof RoomError) this.#send(errorMessage(error));
        else this.connection.handlerFailed(error);
      },
    );
  }

  #mayKnowMembers(): boolean {
    return this.#visitor?.problem('presence', this.room) === undefined;
  }

  protected override answer({ key }: Publication, outcome: Appended | RoomError): void {
    if (outcome instanceof RoomError) {
      this.#send(errorMessage(outcome, key));
      return;
    }
    const { position, duplicate } = outcome;
    this.rooms.observer.acknowledged?.();
    this.#send({ type: 'ack', ...(key === undefined ? {} : { key }), position: formatPosition(position), duplicate });
  }

  protected override joinFailed(error: RoomError): void {
    this.#send(errorMessage(error));
    this.sendAway();
  }

  protected override leave(): void {
    this.#unwatch?.();
    super.leave();
  }

  #welcome(position: Position, names: readonly string[]): void {
    const others = names.filter((name) => name !== this.name);
    const members = names.includes(this.name) ? names : [...others.slice(0, MAX_WATCHED_MEMBERS - 1), this.name];
    const expires = this.#visitor?.expires;
    this.#send({
      type: 'welcome',
      name: this.name,
      room: this.room,
      position: formatPosition(position),
      members,
      ...(expires && { expires: expires.toISOString() }),
    });
    this.#welcomed = true;
    for (const [name, change] of this.#news) {
      // What had come to pass when the members were listed is in the list.
      if ((change === 'join') === members.includes(name)) this.#news.delete(name);
    }
    this.#tellNews();
  }

  #onPresence(change: 'join' | 'leave', name: string): void {
    // Another token may have taken the right.
    if (name === this.name || !this.#mayKnowMembers()) return;
    if (this.#welcomed && this.#news.size === 0 && !this.isFull) {
      this.#send({ type: change, name });
      return;
    }
    const before = this.#news.get(name);
    // Who came and went in the meantime need not be told of: for a reader that stands still this stays small.
    if (this.#welcomed && before !== undefined && before !== change) this.#news.delete(name);
    else this.#news.set(name, change);
    if (this.#welcomed && this.#news.size === 1) this.connection.whenSent(this.#tellNews);
  }

  readonly #tellNews = (): void => {
    for (const [name, change] of this.#news) this.#send({ type: change, name });
    this.#news.clear();
  };

  #send(message: ServerMessage): void {
    this.tell(JSON.stringify(message));
  }
}

class JsonReader extends TextReader {
  override gap(from: Position, to: Position): void {
    this.connection.sendText(JSON.stringify(gapMessage(from, to)));
  }

  override reset(position: Position): void {
    this.connection.sendText(JSON.stringify(resetMessage(position)));
  }
}
