import { Emitter } from './emitter.ts';
import { type ConnectionState, Link, type LinkOptions } from './link.ts';

export type { ConnectionState };

export interface ConnectionEvents {
  state: ConnectionState;
  text: string;
  /** How many lines wait for the connection now. */
  queue: number;
}

export interface ConnectionOptions extends LinkOptions {
  /**
   * How to ask the server for a sign of life. `hello` sends that text, whose answer `收到,hello` is not shown: for `/chat`. A probe
   * is an address, relative to the connection's own, that is asked for over HTTP. @default { probe: 'healthz' }
   */
  readonly heartbeat?: 'hello' | { readonly probe: string } | false;
  /** Lines kept while away; `send` refuses more. @default 1000 */
  readonly maxQueued?: number;
}

const HELLO = 'hello';
const HELLO_ANSWER = '收到,hello';

/** A proxy says so where the server behind it is gone, or does not answer. */
const deadUpstream: ReadonlySet<number> = new Set([502, 504]);

/** A WebSocket for lines of text that comes back by itself and keeps what is sent meanwhile. */
export class TextConnection {
  readonly address: string;
  readonly #options: ConnectionOptions;
  readonly #events = new Emitter<ConnectionEvents>();
  readonly #outbox: string[] = [];
  readonly #link: Link;
  /** Heartbeats of this connection that are not answered yet. */
  #hellos = 0;
  #probeWorks = false;

  /** Does not connect yet. */
  constructor(address: string, options: ConnectionOptions = {}) {
    this.address = address;
    this.#options = options;
    this.#link = new Link(
      {
        address: () => address,
        protocols: [],
        opened: () => this.#opened(),
        received: (text) => this.#received(text),
        changed: (state) => this.#events.emit('state', state),
        ask: () => this.#ask(),
      },
      options,
    );
  }

  get state(): ConnectionState {
    return this.#link.state;
  }

  /** How many lines wait for the connection. */
  get queued(): number {
    return this.#outbox.length;
  }

  /** Calls `listener` for every event of the type. Returns what ends it. */
  on<K extends keyof ConnectionEvents>(type: K, listener: (detail: ConnectionEvents[K]) => void): () => void {
    return this.#events.on(type, listener);
  }

  /** Connects now, whatever the state: starts, cuts a wait short, or comes back after a close. */
  connect(): void {
    this.#link.connect();
  }

  /** Sends the line, or keeps it until the connection is back. False where it is refused because too many are kept. */
  send(line: string): boolean {
    if (this.state.name === 'open' && this.#link.send(line)) return true;
    if (this.#outbox.length >= (this.#options.maxQueued ?? 1_000)) return false;
    this.#outbox.push(line);
    this.#events.emit('queue', this.queued);
    return true;
  }

  /** Closes for good; only `connect()` brings it back. */
  close(): void {
    this.#link.end(1000, '');
  }

  #opened(): void {
    this.#hellos = 0;
    const lines = this.#outbox.splice(0);
    for (const line of lines) this.#link.send(line);
    this.#link.ready();
    if (lines.length > 0) this.#events.emit('queue', this.queued);
  }

  #received(text: string): void {
    if (text === HELLO_ANSWER && this.#hellos > 0) this.#hellos -= 1;
    else this.#events.emit('text', text);
  }

  #ask(): void {
    const { heartbeat = { probe: 'healthz' } } = this.#options;
    if (heartbeat === false) this.#link.heard();
    else if (heartbeat !== 'hello') void this.#probe(new URL(heartbeat.probe, this.address));
    else if (this.#link.send(HELLO)) this.#hellos += 1;
  }

  /** Any answer at all is a sign of life. Where none has ever come, as where a policy of the page forbids asking, its lack proves nothing. */
  async #probe(url: URL): Promise<void> {
    url.protocol = url.protocol.replace('ws', 'http');
    try {
      const signal = AbortSignal.timeout(this.#options.heartbeatTimeout ?? 10_000);
      const request = { method: 'HEAD', mode: 'no-cors', cache: 'no-store', signal } as const;
      const { status } = await fetch(url, request);
      if (deadUpstream.has(status)) return;
      this.#probeWorks = true;
      this.#link.heard();
    } catch (error) {
      if (!this.#probeWorks && (error as Error).name !== 'TimeoutError') this.#link.heard();
    }
  }
}
