import { defaultBackoff, retryDelay } from './backoff.ts';
import { withToken } from './token.ts';
import { onWake } from './wake.ts';

export type LabState =
  | { readonly readyState: 0 | 1 | 2 }
  /** `retryAt`, in milliseconds since the epoch, where it comes back by itself. */
  | { readonly readyState: 3; readonly code: number; readonly reason: string; readonly retryAt?: number | undefined };

export interface LabTarget {
  readonly address: string;
  /** None where it is empty. */
  readonly subprotocol: string;
  /** None where it is empty. */
  readonly token: string;
}

export interface LabListener {
  state(state: LabState): void;
  message(data: string | ArrayBuffer): void;
}

/** A bare WebSocket, to watch: nothing is queued, and it comes back only where `reconnect` is set. */
export class LabSocket {
  /** Whether a lost connection is made again. */
  reconnect = false;
  readonly #listener: LabListener;
  #target: LabTarget = { address: '', subprotocol: '', token: '' };
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #asked = false;

  constructor(listener: LabListener) {
    this.#listener = listener;
    onWake(() => this.#timer && this.#open());
  }

  /** The subprotocol that the server chose. */
  get protocol(): string {
    return this.#socket?.protocol ?? '';
  }

  /** Bytes that wait for the network. */
  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Throws a DOMException where the browser refuses the address or the subprotocol. */
  connect(target: LabTarget): void {
    this.#target = target;
    this.#failures = 0;
    this.#open();
  }

  /** False where there is no open connection. */
  send(text: string): boolean {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(text);
    return true;
  }

  /** Ends the connection, or the waiting for one. Throws a DOMException for a code or reason that a page may not send. */
  close(code?: number, reason?: string): void {
    this.#socket?.close(code, reason);
    this.#asked = true;
    this.#stopWaiting();
    if (this.#socket) this.#listener.state({ readyState: 2 });
  }

  #open(): void {
    this.#stopWaiting();
    this.#asked = false;
    const { address, subprotocol, token } = this.#target;
    const socket = new WebSocket(...withToken(address, subprotocol ? [subprotocol] : [], token));
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#failures = 0;
      this.#listener.state({ readyState: 1 });
    };
    socket.onmessage = ({ data }) => this.#listener.message(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#socket = socket;
    this.#listener.state({ readyState: 0 });
  }

  #closed(code: number, reason: string): void {
    this.#socket = undefined;
    if (!this.reconnect || this.#asked) {
      this.#listener.state({ readyState: 3, code, reason });
      return;
    }
    this.#failures += 1;
    const delay = retryDelay(this.#failures, defaultBackoff);
    this.#timer = setTimeout(() => this.#open(), delay);
    this.#listener.state({ readyState: 3, code, reason, retryAt: Date.now() + delay });
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
