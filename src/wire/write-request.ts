import type { Socket } from 'node:net';

/*
 * Node wraps each write in a stream's state, closures and a call in the next turn. Most writes are over at once and need
 * none of it, so here the request alone is made. What it is made of is learnt from the first one that Node makes; where
 * that looks different, Node goes on to make them. test/wire/write-request.test.ts fails on such a version.
 *
 * Each write has a request of its own: one that the system took in two steps has nothing waiting, and is still under way.
 */

/** What Node hands to a handle along with the bytes. */
export interface WriteRequest {
  oncomplete: unknown;
  handle: Handle;
  async: boolean;
  bytes: number;
  /** So that it is not collected before it is written. */
  buffer: Buffer;
  /** Called when all was written, or with what kept it from that. */
  callback: (error?: Error | null) => void;
}

interface Handle {
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
  /** Bytes that it has and the system has not. */
  readonly writeQueueSize: number;
}

type Inside = Socket & { _handle: Handle | null };

/** Undefined until one was seen, null where there is no such thing. */
let Request: (new () => WriteRequest) | null | undefined;
let onComplete: unknown;

function nothing(): void {}

/**
 * Writes to a plain socket whose stream holds nothing.
 * @returns true where the system took all at once; a request that goes on, whose `callback` is to be set at once; or
 * undefined where nothing was done and it is for the stream to do it, or to find out what is wrong
 */
export function writeAtOnce(socket: Socket, bytes: Buffer): true | WriteRequest | undefined {
  const { _handle: handle } = socket as Inside;
  // To a time-out a write is a sign of life, which the stream sees to.
  if (!Request || !handle || socket.connecting || socket.timeout) return undefined;
  const request = new Request();
  request.oncomplete = onComplete;
  request.handle = handle;
  request.async = true;
  request.bytes = bytes.length;
  request.buffer = bytes;
  request.callback = nothing;
  if (handle.writeBuffer(request, bytes) !== 0) return undefined;
  return handle.writeQueueSize === 0 ? true : request;
}

/** Has a look at the request of the next write that Node makes to a plain socket, if none was seen. */
export function learnFrom(socket: Socket): void {
  const { _handle: handle } = socket as Inside;
  if (Request !== undefined || !handle) return;
  if (typeof handle.writeBuffer !== 'function' || typeof handle.writeQueueSize !== 'number') {
    Request = null;
    return;
  }
  handle.writeBuffer = function (request, bytes) {
    // What is left is that of all handles.
    Reflect.deleteProperty(this, 'writeBuffer');
    const isKnown = request.constructor !== Object && typeof request.oncomplete === 'function';
    Request = isKnown ? (request.constructor as new () => WriteRequest) : null;
    onComplete = request.oncomplete;
    return this.writeBuffer(request, bytes);
  };
}
