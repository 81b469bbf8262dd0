import type { Duplex } from 'node:stream';
import { readFrom } from './direct-socket.ts';

/** What happens to a socket, told to its connection. */
export interface SocketOwner {
  receive(chunk: Buffer): void;
  onSocketError(error: Error): void;
  /** The peer has ended its side of TCP. */
  onSocketEnded(): void;
  /** The socket is gone, with or without a closing handshake. */
  onSocketGone(): void;
}

const kOwner = Symbol('owner');
type OwnedSocket = Duplex & { [kOwner]: SocketOwner };

/** Tells `owner` from now on, but for what is read. The listeners are the same for all sockets, so that an idle one stays small. */
export function ownSocket(socket: Duplex, owner: SocketOwner): void {
  (socket as OwnedSocket)[kOwner] = owner;
  socket.on('error', onError);
  socket.on('close', onClose);
  socket.on('end', onEnd);
}

/** Tells the owner what is read, too. */
export function startReading(socket: Duplex): void {
  socket.on('data', onData);
  readFrom(socket, onData);
}

function onData(this: Duplex, chunk: Buffer): void {
  (this as OwnedSocket)[kOwner].receive(chunk);
}

function onError(this: Duplex, error: Error): void {
  (this as OwnedSocket)[kOwner].onSocketError(error);
}

function onClose(this: Duplex): void {
  (this as OwnedSocket)[kOwner].onSocketGone();
}

function onEnd(this: Duplex): void {
  (this as OwnedSocket)[kOwner].onSocketEnded();
}
