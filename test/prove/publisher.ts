import { WebSocket } from 'ws';
import type { RoomLedger } from './ledger.ts';
import { offsetOf } from './reader.ts';

export interface PublisherOptions {
  url: string;
  localAddress: string;
  name: string;
  ledger: RoomLedger;
  /** From one line to the next, at least; in milliseconds. */
  interval: number;
  /** Characters of a line, at least. */
  size: number;
  /** Sends each line two times. */
  twice: boolean;
}

/**
 * Publishes numbered lines, one after the other: the next when the one before is acknowledged. What is not acknowledged is sent
 * again, under the same key, after an error that says so and after every loss of the connection.
 */
export class Publisher {
  /** Errors that it was answered, by their code. */
  readonly errors: Record<string, number> = {};
  duplicates = 0;
  readonly #options: PublisherOptions;
  #socket: WebSocket | undefined;
  #number = 0;
  #pending: { key: string; text: string } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopping: (() => void) | undefined;
  #retryAfter = 0;
  #ended = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#connect();
  }

  /** Publishes no further line; resolves when the last one is acknowledged. */
  async stop(): Promise<void> {
    if (this.#pending) {
      await new Promise<void>((resolve) => {
        this.#stopping = resolve;
      });
    }
    this.end();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#ended = true;
    this.#socket?.terminate();
  }

  #connect(): void {
    const { url, name, localAddress } = this.#options;
    const address = `${url}?name=${encodeURIComponent(name)}`;
    const options = { rejectUnauthorized: false, localAddress, handshakeTimeout: 10_000, perMessageDeflate: false };
    const socket = new WebSocket(address, 'text-event.v1.json', options);
    this.#socket = socket;
    let heard = true;
    const heartbeat = setInterval(() => {
      if (!heard) return socket.terminate();
      heard = false;
      if (socket.readyState === socket.OPEN) socket.send('{"type":"ping"}');
    }, 2_000);
    socket.on('message', (data) => {
      heard = true;
      this.#take(JSON.parse(String(data)));
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(heartbeat);
      clearTimeout(this.#timer);
      if (this.#ended) return;
      const delay = this.#retryAfter || 50 + Math.random() * 450;
      this.#retryAfter = 0;
      this.#timer = setTimeout(() => this.#connect(), delay);
    });
  }

  #take(message: {
    type: string;
    key?: string;
    position?: string;
    duplicate?: boolean;
    code?: string;
    afterMs?: number;
  }) {
    if (message.type === 'welcome') this.#send();
    else if (message.type === 'reconnect') this.#retryAfter = message.afterMs ?? 0;
    else if (message.type === 'ack') this.#acknowledged(message);
    else if (message.type === 'error') {
      this.errors[message.code ?? ''] = (this.errors[message.code ?? ''] ?? 0) + 1;
      if (message.key === this.#pending?.key) this.#later(100 + Math.random() * 200);
    }
  }

  #acknowledged({ key, position, duplicate }: { key?: string; position?: string; duplicate?: boolean }): void {
    if (duplicate) this.duplicates++;
    if (this.#pending === undefined || key !== this.#pending.key) return;
    this.#options.ledger.acknowledge(this.#pending.text, offsetOf(position ?? ''));
    this.#pending = undefined;
    if (this.#stopping) this.#stopping();
    else this.#later(this.#options.interval);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), ms);
  }

  #send(): void {
    const { name, size, ledger, twice } = this.#options;
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (!this.#pending) {
      const text = `${name} ${++this.#number} `.padEnd(size, '.');
      this.#pending = { key: `${name}-${this.#number}`, text };
      ledger.published++;
    }
    const message = JSON.stringify({ type: 'publish', ...this.#pending });
    this.#socket.send(message);
    if (twice) this.#socket.send(message);
  }
}
