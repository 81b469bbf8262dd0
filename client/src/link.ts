// Not on partysocket 1.3: it hides how long it waits, its reconnect() during a wait does nothing, and it has no jitter.
import { type Backoff, defaultBackoff, retryDelay } from './backoff.ts';
import { Heartbeat } from './heartbeat.ts';
import { platformSocket, type Socket, type SocketConstructor } from './socket.ts';
import { type TokenSource, withToken } from './token.ts';
import { onWake } from './wake.ts';

export type ConnectionState =
  | { readonly name: 'connecting' }
  | { readonly name: 'open' }
  /** Lost; the next attempt begins at `retryAt`. */
  | {
      readonly name: 'waiting';
      /** Milliseconds since the epoch. */
      readonly retryAt: number;
      /** Losses in a row without a connection of 5 seconds or more between them. */
      readonly failures: number;
      /** Of the Close frame; 1006 where there was none. */
      readonly code: number;
      readonly reason: string;
    }
  /** Closed by `close()`, or by the server with a code that says not to come back. */
  | { readonly name: 'closed'; readonly code: number; readonly reason: string };

/** Times are in milliseconds. */
export interface LinkOptions {
  /** Waits between attempts. @default 500 to 20000 */
  readonly backoff?: Backoff;
  /** For one attempt. @default 10000 */
  readonly connectTimeout?: number;
  /** When nothing has come for so long, a sign of life is asked for. @default 15000 */
  readonly heartbeatInterval?: number;
  /** When none comes within this, the connection is given up. @default 10000 */
  readonly heartbeatTimeout?: number;
  /** For platforms without a global one. */
  readonly WebSocket?: SocketConstructor;
  /**
   * For servers that ask for one: a token, or a function, which may be asynchronous, that is called for each attempt to connect. In a
   * room it is called before a token ends, too: the next one takes its place without a new connection.
   */
  readonly token?: TokenSource | undefined;
}

/** Who uses a link. */
export interface LinkOwner {
  /** Asked before each attempt. */
  address(): string;
  readonly protocols: string[];
  /** The socket is open; the state becomes so when `ready()` is called. */
  opened?(): void;
  received(text: string): void;
  changed(state: ConnectionState): void;
  /** Asks for a sign of life; any text is one, and `heard()`. */
  ask?(): void;
}

/** Coming back after these would only be turned away again: see `reconnect: false` in the server's table of close codes. */
const finalCloseCodes: ReadonlySet<number> = new Set([1000, 1002, 1003, 1007, 1008, 1009, 4001, 4401]);

/** Of them the one that another token helps against. */
const TOKEN_EXPIRED = 4401;

/** A connection shorter than this, in milliseconds, counts as one more failure: a server that accepts and drops is not hammered. */
const STABLE_AFTER = 5_000;

/** A server that closes says so when to come back: `service restart; retry after 1234 ms`. */
const TOLD_WAIT = /retry after (\d+) ms/;

/** The longest wait that a server may ask for, in milliseconds. */
const LONGEST_TOLD_WAIT = 3_600_000;

/** A socket that comes back by itself. */
export class Link {
  readonly #options: LinkOptions;
  readonly #owner: LinkOwner;
  readonly #heartbeat: Heartbeat;
  #state: ConnectionState = { name: 'connecting' };
  #socket: Socket | undefined;
  /** Set from the beginning of an attempt until its connection is dropped, with a value of its own. */
  #attempt: object | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #openedAt = 0;
  /** When the server wants us back, in milliseconds since the epoch. */
  #toldAt: number | undefined;
  #endWake = () => {};

  constructor(owner: LinkOwner, options: LinkOptions) {
    this.#owner = owner;
    this.#options = options;
    const times = { interval: options.heartbeatInterval ?? 15_000, timeout: options.heartbeatTimeout ?? 10_000 };
    this.#heartbeat = new Heartbeat(
      times,
      () => owner.ask?.(),
      () => this.#retryLater(1006, 'the server does not answer'),
    );
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects now, whatever the state. */
  connect(): void {
    if (this.#attempt) return;
    clearTimeout(this.#timer);
    this.#toldAt = undefined;
    this.#endWake();
    this.#endWake = onWake((online) => this.#woken(online));
    const { token, connectTimeout = 10_000 } = this.#options;
    if (typeof token !== 'function') this.#open(token);
    const attempt = {};
    this.#attempt = attempt;
    this.#timer = setTimeout(() => this.#retryLater(1006, `no connection within ${connectTimeout} ms`), connectTimeout);
    this.#become({ name: 'connecting' });
    if (typeof token === 'function') void this.#openWith(token, attempt);
  }

  /** The owner has what it needs from the new connection. */
  ready(): void {
    clearTimeout(this.#timer);
    this.#become({ name: 'open' });
  }

  /** False where there is no open socket. */
  send(text: string): boolean {
    // A socket that is closing drops silently what it is given.
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(text);
    return true;
  }

  /** A sign of life that was no message. */
  heard(): void {
    this.#heartbeat.heard();
  }

  /** The server has said when to come back, should this connection end. */
  returnAfter(ms: number): void {
    this.#toldAt = Date.now() + Math.min(ms, LONGEST_TOLD_WAIT);
  }

  /** Drops the connection, or the attempt, for one whose address is asked for now; where there is none, that is still to come. */
  restart(): void {
    if (!this.#attempt) return;
    this.#drop();
    this.connect();
  }

  /** Closes for good; only `connect()` brings it back. */
  end(code: number, reason: string): void {
    this.#drop();
    this.#endWake();
    this.#failures = 0;
    this.#become({ name: 'closed', code, reason });
  }

  /** Where a token is a function, one is got first; the attempt may be over before that. */
  async #openWith(source: Exclude<TokenSource, string>, attempt: object): Promise<void> {
    try {
      const token = await source();
      if (attempt === this.#attempt) this.#open(token);
    } catch (error) {
      if (attempt === this.#attempt) this.#retryLater(1006, `no token: ${error}`);
    }
  }

  #open(token: string | undefined): void {
    const Constructor = this.#options.WebSocket ?? platformSocket();
    const socket = new Constructor(...withToken(this.#owner.address(), this.#owner.protocols, token));
    this.#socket = socket;
    socket.onopen = () => {
      // From here on Close follows, and says more.
      socket.onerror = ignore;
      this.#opened();
    };
    socket.onmessage = ({ data }: { data: unknown }) => this.#received(data);
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => this.#lost(code, reason);
    // No Close follows it in Node 22. What it was, browsers do not say.
    socket.onerror = ({ message = '' }: { message?: string }) => this.#retryLater(1006, message);
  }

  #opened(): void {
    this.#openedAt = Date.now();
    this.#heartbeat.start();
    this.#owner.opened?.();
  }

  #received(data: unknown): void {
    this.#heartbeat.heard();
    if (typeof data === 'string') this.#owner.received(data);
  }

  /** A server that asked for a wait has spread its clients over time: looking at the tab does not cut that short. */
  #woken(online: boolean): void {
    if (this.#state.name !== 'waiting') this.#heartbeat.check();
    else if (this.#toldAt === undefined && online) this.connect();
  }

  #lost(code: number, reason: string): void {
    const another = code === TOKEN_EXPIRED && typeof this.#options.token === 'function';
    if (finalCloseCodes.has(code) && !another) {
      this.end(code, reason);
      return;
    }
    const [, told] = TOLD_WAIT.exec(reason) ?? [];
    if (told !== undefined) this.returnAfter(Number(told));
    this.#retryLater(code, reason);
  }

  #retryLater(code: number, reason: string): void {
    const now = Date.now();
    const stable = this.#state.name === 'open' && now - this.#openedAt >= STABLE_AFTER;
    this.#failures = stable ? 1 : this.#failures + 1;
    let delay = retryDelay(this.#failures, this.#options.backoff ?? defaultBackoff);
    if (this.#toldAt !== undefined) delay = Math.max(this.#toldAt - now, stable ? 0 : delay);
    this.#drop();
    this.#timer = setTimeout(() => this.connect(), delay);
    this.#become({ name: 'waiting', retryAt: now + delay, failures: this.#failures, code, reason });
  }

  /** Lets go of the socket: nothing it does later is heard. */
  #drop(): void {
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
    this.#attempt = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = ignore;
    socket.close();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#owner.changed(state);
  }
}

/** `ws` throws where nobody listens to errors. */
function ignore(): void {}
