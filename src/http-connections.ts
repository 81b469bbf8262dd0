import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Admission } from './admission.ts';
import { type Peer, peerOf } from './client-address.ts';
import { answerOf, type Refusal } from './handshake.ts';

export interface HttpConnectionsOptions {
  admission: Admission;
  /** TLS is spoken: before its handshake there is no answer that would be understood. */
  secure: boolean;
  /** Whether many clients come from an address, so that it is counted in total only. */
  shared(address: string): boolean;
  /** One too many was cut before anything was read from it. */
  onRefused(refusal: Refusal, peer: Peer): void;
}

/**
 * The TCP connections of an HTTP server that are no WebSockets: before the handshake, between two requests, and while a
 * request is answered. They cost memory and a file descriptor before anybody knows what they want, so the newest one
 * over a limit is cut as soon as it is accepted.
 */
export class HttpConnections {
  readonly #options: HttpConnectionsOptions;
  /** What forgets each that is counted. */
  readonly #counted = new Map<Duplex, () => void>();

  constructor(server: Server, options: HttpConnectionsOptions) {
    this.#options = options;
    server.on('connection', (socket) => this.#enter(socket));
  }

  /** It has become a WebSocket, which is counted elsewhere. */
  leave(socket: Duplex): void {
    const tcp = underTls(socket);
    const forget = this.#counted.get(tcp);
    if (forget === undefined) return;
    // An idle WebSocket keeps nothing of this.
    tcp.off('close', forget);
    forget();
  }

  #enter(socket: Socket): void {
    const { admission, secure, shared, onRefused } = this.#options;
    const peer = peerOf(socket);
    const address = peer.address === undefined || shared(peer.address) ? undefined : peer.address;
    const refusal = admission.refusal(address);
    if (refusal) {
      if (!secure) socket.end(answerOf(refusal));
      socket.destroySoon();
      onRefused(refusal, peer);
      return;
    }
    const forget = () => {
      this.#counted.delete(socket);
      admission.leave(address);
    };
    admission.enter(address);
    this.#counted.set(socket, forget);
    socket.once('close', forget);
  }
}

/** The TCP socket that a TLS socket stands on. */
function underTls(socket: Duplex): Duplex {
  // Node keeps it under this name; there is no public one.
  return (socket as Duplex & { _parent?: Socket | null })._parent ?? socket;
}
