import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { lend } from './lent.ts';
import { learnFrom } from './write-request.ts';

/*
 * Node's streams cost as much as our own work on a short message. Of a plain TCP or Unix socket this file uses what lies
 * below them: `_write`, which the documentation of streams describes, and for reading the places in which `net.connect`
 * keeps its option `onread`, which the sockets of servers do not have. Where either is missing, and with TLS, whose
 * handle bears one write at a time, the stream is used as usual. test/wire/direct-socket.test.ts fails on a version of
 * Node that has moved them.
 */

/** What is needed of a socket to write to it. */
export interface Sink {
  readonly writableLength: number;
  write(bytes: Buffer, done: (error?: Error | null) => void): boolean;
}

/** As much as libuv reads at a time. */
const READ_BYTES = 64 * 1024;

/** Reads go into one buffer for all sockets. On Windows the system writes into it while others are being read. */
const readBuffer = process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(READ_BYTES);
const readMemory = readBuffer?.buffer as ArrayBuffer;

interface Places {
  buffer: symbol;
  callback: symbol;
}

/** Where a socket keeps its `onread`; undefined until it was looked for, null where there is no such thing. */
let places: Places | null | undefined;

/** Plain TCP or a Unix socket, and no subclass. */
export function isPlain(socket: object): socket is Socket {
  return Object.getPrototypeOf(socket) === Socket.prototype;
}

/**
 * Writes; `done` is called in any case: when the operating system has taken all, or with what kept it from it.
 * @returns true where all was taken at once
 */
export function writeTo(socket: Sink, bytes: Buffer, done: (error?: Error | null) => void): boolean {
  if (!isPlain(socket) || socket.writableLength > 0 || socket.writableEnded || socket.destroyed) {
    socket.write(bytes, done);
    return socket.writableLength === 0;
  }
  learnFrom(socket);
  let taken = false;
  // What a stream says of bytes in place of an encoding; the types do not know it.
  socket._write(bytes, 'buffer' as BufferEncoding, (error) => {
    taken = true;
    // As the stream does.
    if (error) socket.destroy(error);
    done(error);
  });
  return taken;
}

/**
 * Has what a socket reads given to its `data` listener `take` without the stream in between; each chunk is lent.
 * What the stream holds already still comes from it.
 * @returns false where the stream goes on to be used for everything
 */
export function readFrom(socket: Duplex, take: (this: Duplex, chunk: Buffer) => void): boolean {
  if (readBuffer === undefined || !isPlain(socket)) return false;
  const { _handle: handle } = socket as unknown as { _handle?: { useUserBuffer?(buffer: Buffer): void } };
  places = places === undefined ? placesOf(socket) : places;
  if (places === null || typeof handle?.useUserBuffer !== 'function') return false;
  const slots = socket as unknown as Record<symbol, unknown>;
  slots[places.buffer] = readBuffer;
  slots[places.callback] = callbackFor(take);
  handle.useUserBuffer(readBuffer);
  return true;
}

function placesOf(socket: Socket): Places | null {
  const symbols = Object.getOwnPropertySymbols(socket);
  const buffer = symbols.find(({ description }) => description === 'kBuffer');
  const callback = symbols.find(({ description }) => description === 'kBufferCb');
  return buffer && callback ? { buffer, callback } : null;
}

type OnRead = (this: Duplex, bytes: number) => boolean;
const callbacks = new Map<unknown, OnRead>();

/** One function for all sockets, so that an idle one stays small. */
function callbackFor(take: (this: Duplex, chunk: Buffer) => void): OnRead {
  let callback = callbacks.get(take);
  if (callback === undefined) {
    callback = function (bytes) {
      const chunk = Buffer.from(readMemory, 0, bytes);
      lend(chunk);
      take.call(this, chunk);
      return true;
    };
    callbacks.set(take, callback);
  }
  return callback;
}
