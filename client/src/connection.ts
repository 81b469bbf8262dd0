// Not on partysocket 1.3: it hides how long it waits, its reconnect() during a wait does nothing, and it has no jitter.
import { type Backoff, defaultBackoff, retryDelay } from './backoff.ts';
import { onWake } from './wake.ts';

export type ConnectionState =
  | { readonly name: 'connecting' }
  | { readonly name: 'open' }
  /** Lost; the next attempt begins at `retryAt`, in milliseconds since the epoch. */
  | { readonly name: 'waiting'; readonly retryAt: number }
  /** Closed by `close()`, or by the server with a code that says not to come back. */
  | { readonly name: 'closed'; readonly code: number; readonly reason: string };

interface ConnectionEvents {
  state: ConnectionState;
  text: string;
}

export interface ConnectionOptions {
  readonly backoff?: Backoff;
  /** Milliseconds an attempt may take. @default 10000 */
  readonly connectTimeout?: number;
  /** Lines kept while away; `send` refuses more. @default 1000 */
  readonly maxQueued?: number;
  /** For platforms without a global one. */
  readonly WebSocket?: typeof WebSocket;
}

/** Coming back after these would only be turned away again: see `reconnect: false` in the server's table of close codes. */
const finalCloseCodes: ReadonlySet<number> = new Set([1000, 1002, 1003, 1007, 1008, 1009]);

/** A connection shorter than this, in milliseconds, counts as one more failure: a server that accepts and drops is not hammered. */
const STABLE_AFTER = 5_000;

/** A WebSocket for lines of text that comes back by itself and keeps what is sent meanwhile. */
export class TextConnection {
  readonly address: string;
  readonly #options: ConnectionOptions;
  readonly #events = new EventTarget();
  readonly #outbox: string[] = [];
  #state: ConnectionState = { name: 'connecting' };
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #openedAt = 0;
  #endWake = () => {};

  constructor(address: string, options: ConnectionOptions = {}) {
    this.address = address;
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** How many lines wait for the connection. */
  get queued(): number {
    return this.#outbox.length;
  }

  /** Calls `listener` for every event of the type. Returns what ends it. */
  on<K extends keyof ConnectionEvents>(type: K, listener: (detail: ConnectionEvents[K]) => void): () => void {
    const handler = (event: Event) => listener((event as CustomEvent<ConnectionEvents[K]>).detail);
    this.#events.addEventListener(type, handler);
    return () => this.#events.removeEventListener(type, handler);
  }

  /** Connects now, whatever the state: starts, cuts a wait short, or comes back after a close. */
  connect(): void {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.#endWake();
    this.#endWake = onWake(() => this.#state.name === 'waiting' && this.connect());
    const Socket = this.#options.WebSocket ?? WebSocket;
    const socket = new Socket(this.address);
    this.#socket = socket;
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }) => typeof data === 'string' && this.#emit('text', data);
    socket.onclose = ({ code, reason }) => this.#lost(code, reason);
    // Close follows every error and says more; but `ws` in Node throws where nobody listens.
    socket.onerror = () => {};
    this.#timer = setTimeout(() => this.#lost(1006, ''), this.#options.connectTimeout ?? 10_000);
    this.#become({ name: 'connecting' });
  }

  /** Sends the line, or keeps it until the connection is back. False where it is refused because too many are kept. */
  send(line: string): boolean {
    // A socket that is closing drops silently what it is given.
    if (this.#socket?.readyState === 1) this.#socket.send(line);
    else if (this.#outbox.length < (this.#options.maxQueued ?? 1_000)) this.#outbox.push(line);
    else return false;
    return true;
  }

  /** Closes for good; only `connect()` brings it back. */
  close(): void {
    this.#end(1000, '');
  }

  #opened(socket: WebSocket): void {
    clearTimeout(this.#timer);
    this.#openedAt = Date.now();
    for (const line of this.#outbox.splice(0)) socket.send(line);
    this.#become({ name: 'open' });
  }

  #lost(code: number, reason: string): void {
    if (finalCloseCodes.has(code)) this.#end(code, reason);
    else this.#retryLater();
  }

  #retryLater(): void {
    if (this.#state.name === 'open' && Date.now() - this.#openedAt >= STABLE_AFTER) this.#failures = 0;
    this.#failures += 1;
    const delay = retryDelay(this.#failures, this.#options.backoff ?? defaultBackoff);
    this.#drop();
    this.#timer = setTimeout(() => this.connect(), delay);
    this.#become({ name: 'waiting', retryAt: Date.now() + delay });
  }

  #end(code: number, reason: string): void {
    this.#drop();
    this.#endWake();
    this.#failures = 0;
    this.#become({ name: 'closed', code, reason });
  }

  /** Lets go of the socket: nothing it does later is heard. */
  #drop(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#emit('state', state);
  }

  #emit<K extends keyof ConnectionEvents>(type: K, detail: ConnectionEvents[K]): void {
    this.#events.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
