import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { type Connection, createServer, type Server } from '../../src/index.ts';
import type { RoomEvent } from '../../src/rooms/event-log.ts';
import { parsePosition } from '../../src/rooms/position.ts';
import { type ClientMessage, type ServerMessage, SUBPROTOCOL } from '../../src/rooms/protocol.ts';

/**
 * A server of one room that does what a test wants, for what a sound one does only in disasters: acks that do not come, errors, gaps,
 * events sent twice. It listens again on the same port, with its log, after `stop()`.
 */
export class RoomServer {
  port = 0;
  epoch = 'a';
  readonly events: RoomEvent[] = [];
  /** Every publication that came, repeated ones too. */
  readonly received: { key: string; text: string }[] = [];
  /** Queries of the joins. */
  readonly joins: URLSearchParams[] = [];
  /** Says what is done with a publication instead of taking it; undefined takes it. */
  onPublish: (text: string, connection: Connection) => 'ignore' | ServerMessage | undefined = () => undefined;
  /** Takes publications and does not acknowledge them. */
  withholdAcks = false;
  answersPings = true;
  pings = 0;
  readonly #offsets = new Map<string, number>();
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  get texts(): string[] {
    return this.events.map(({ text }) => text);
  }

  async start(): Promise<this> {
    const options = { validProtocols: [SUBPROTOCOL], closeTimeout: 100, messagesPerSecond: Number.POSITIVE_INFINITY };
    this.#server = createServer(options, (connection) => this.#join(connection));
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.socket.address() as AddressInfo).port;
    return this;
  }

  /** As by `kill -9`. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(resolve) : resolve()));
    server?.terminate();
    await closed;
  }

  /** Closes every connection. */
  close(code: number, reason = ''): void {
    for (const connection of this.#connections) connection.close(code, reason);
  }

  sendToAll(message: ServerMessage): void {
    for (const connection of this.#connections) send(connection, message);
  }

  /** Appends as another publisher would. */
  append(text: string, from = 'somebody'): void {
    const event = { offset: this.events.length + 1, at: Date.now(), from, text };
    this.events.push(event);
    this.sendToAll(this.#message(event));
  }

  #join(connection: Connection): void {
    const query = new URL(connection.path, this.url).searchParams;
    this.joins.push(query);
    this.#connections.add(connection);
    connection.on('close', () => this.#connections.delete(connection));
    const name = query.get('name') ?? 'guest';
    const after = parsePosition(query.get('after') ?? '') ?? { epoch: this.epoch, offset: this.events.length };
    const members = [name];
    send(connection, {
      type: 'welcome',
      name,
      room: 'lobby',
      position: `${after.epoch}:${after.offset}`,
      members,
    });
    const reset = after.epoch !== this.epoch;
    if (reset) send(connection, { type: 'reset', position: `${this.epoch}:0` });
    for (const event of this.events.slice(reset ? 0 : after.offset)) send(connection, this.#message(event));
    connection.on('text', (text) => this.#received(connection, name, JSON.parse(text)));
  }

  #received(connection: Connection, name: string, message: ClientMessage): void {
    if (message.type === 'ping') {
      this.pings += 1;
      if (this.answersPings) send(connection, { type: 'pong' });
      return;
    }
    if (message.type === 'auth') return;
    const { key = '', text } = message;
    this.received.push({ key, text });
    const instead = this.onPublish(text, connection);
    if (instead) {
      if (instead !== 'ignore') send(connection, { ...instead, key } as ServerMessage);
      return;
    }
    const duplicate = this.#offsets.has(key);
    if (!duplicate) this.append(text, name);
    this.#offsets.set(key, this.#offsets.get(key) ?? this.events.length);
    const position = `${this.epoch}:${this.#offsets.get(key)}`;
    if (!this.withholdAcks) send(connection, { type: 'ack', key, position, duplicate });
  }

  #message({ offset, at, from, text }: RoomEvent): ServerMessage {
    return { type: 'event', position: `${this.epoch}:${offset}`, from, text, at: new Date(at).toISOString() };
  }
}

/** A room server that ends with the test. */
export async function startRoomServer(t: ExecutionContext): Promise<RoomServer> {
  const server = await new RoomServer().start();
  t.teardown(() => server.stop());
  return server;
}

function send(connection: Connection, message: ServerMessage): void {
  connection.sendText(JSON.stringify(message));
}
