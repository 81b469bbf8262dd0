import http from 'node:http';
import https from 'node:https';
import { WebSocket } from 'ws';
import type { Received } from './ledger.ts';

export interface ReaderOptions {
  /** `ws://…/rooms/name` */
  url: string;
  /** Of the loopback range, so that readers count as different clients. */
  localAddress: string;
  name: string;
  /** Told of a gap or a replaced log. */
  interrupted(what: string): void;
}

export type Transport = 'websocket' | 'sse';

const SUBPROTOCOL = 'text-event.v1.json';
/** A ping each so often; without any answer for twice as long the connection counts as dead. */
const PING_MS = 2_000;

/**
 * Reads a room and comes back after every loss with the position of the last event that it was given: what docs/protocol.md
 * tells a client to do, and no more. It shares no code with the client library, so that neither hides the other's faults.
 */
export class Reader {
  readonly received: Received[] = [];
  transport: Transport = 'websocket';
  connected = false;
  readonly #options: ReaderOptions;
  #position: string | undefined;
  #drop: () => void = () => {};
  #comeBackAfter = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  /** Which connection is the present one: what those before it still say does not count. */
  #attempt = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#connect();
  }

  /** Offset of the newest event that it was given. */
  get offset(): number {
    return this.received.at(-1)?.offset ?? 0;
  }

  /** Loses its connection now, and comes back over that transport. */
  switchTo(transport: Transport): void {
    this.transport = transport;
    this.#drop();
    this.#lost(this.#attempt);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  #connect(): void {
    if (this.#ended) return;
    this.#attempt++;
    if (this.transport === 'websocket') this.#connectWebSocket();
    else this.#connectSse();
  }

  #connectWebSocket(): void {
    const url = new URL(this.#options.url);
    url.searchParams.set('name', this.#options.name);
    if (this.#position) url.searchParams.set('after', this.#position);
    const { localAddress } = this.#options;
    const options = { rejectUnauthorized: false, localAddress, handshakeTimeout: 10_000, perMessageDeflate: false };
    const socket = new WebSocket(url, SUBPROTOCOL, options);
    let heard = true;
    const heartbeat = setInterval(() => {
      if (!heard) return socket.terminate();
      heard = false;
      if (socket.readyState === socket.OPEN) socket.send('{"type":"ping"}');
    }, PING_MS);
    const attempt = this.#attempt;
    this.#drop = () => socket.terminate();
    socket.on('message', (data) => {
      heard = true;
      this.#take(JSON.parse(String(data)));
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(heartbeat);
      this.#lost(attempt);
    });
  }

  #connectSse(): void {
    const url = new URL(`${this.#options.url.replace(/^ws/, 'http')}/events`);
    const { localAddress } = this.#options;
    const headers = { Accept: 'text/event-stream', ...(this.#position ? { 'Last-Event-ID': this.#position } : {}) };
    const attempt = this.#attempt;
    const lost = () => this.#lost(attempt);
    const get = url.protocol === 'https:' ? https.get : http.get;
    const request = get(url, { headers, localAddress, agent: false, rejectUnauthorized: false }, (response) => {
      if (response.statusCode !== 200) {
        request.destroy();
        return;
      }
      this.connected = true;
      let rest = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#takeBlock(block);
      });
      response.on('close', lost);
      response.on('error', () => {});
    });
    this.#drop = () => request.destroy();
    request.setTimeout(60_000, () => request.destroy());
    request.on('error', lost);
    request.on('close', lost);
  }

  /** One block of an event stream: lines of `field: value`. */
  #takeBlock(block: string): void {
    const data = block
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).replace(/^ /, ''));
    if (data.length > 0) this.#take(JSON.parse(data.join('\n')));
  }

  #take(message: { type?: string; position?: string; text?: string; afterMs?: number }): void {
    if (message.type === 'welcome') this.connected = true;
    if (message.type === 'welcome' || message.type === 'event') this.#position = message.position;
    if (message.type === 'event') {
      this.received.push({ offset: offsetOf(message.position ?? ''), text: message.text ?? '' });
    }
    if (message.type === 'gap' || message.type === 'reset') this.#options.interrupted(JSON.stringify(message));
    if (message.type === 'reconnect') this.#comeBackAfter = message.afterMs ?? 0;
  }

  #lost(attempt: number): void {
    if (attempt !== this.#attempt) return;
    this.#attempt++;
    this.connected = false;
    this.#drop = () => {};
    const delay = this.#comeBackAfter || 50 + Math.random() * 450;
    this.#comeBackAfter = 0;
    this.#timer = setTimeout(() => this.#connect(), delay);
  }
}

export function offsetOf(position: string): number {
  return Number(position.split(':')[1]);
}
