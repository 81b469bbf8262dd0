import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type CloseCode, closeCodes, isSendableCloseCode } from '../close-codes.ts';
import { ProtocolError, TextEventError } from '../errors.ts';
import { BaseConnection } from './base-connection.ts';
import { BinaryReader, BinaryWriter } from './binary-stream.ts';
import type { Deflate, DeflateNegotiator } from './deflate.ts';
import { DeflatingOutbox } from './deflating-outbox.ts';
import { encodeClose, encodeFrame, encodeText, MAX_CONTROL_BYTES, OPCODE } from './frame.ts';
import { decodeText, FrameReader, type FrameReaderOptions, type FrameSink } from './frame-reader.ts';
import type { Group } from './group.ts';
import type { Beating, Heartbeat } from './heartbeat.ts';
import { MessageBuffer } from './message-buffer.ts';
import { Outbox, type SentCallback } from './outbox.ts';
import { RateLimit, type RateLimits, type RateVerdict } from './rate-limit.ts';
import { forgetMessage, rememberMessage } from './relay.ts';
import { answerHandshake } from './server-handshake.ts';

/** What the connections of one server, or one client, have in common. */
export interface ConnectionSettings extends FrameReaderOptions, RateLimits {
  /** Bytes that may wait for a slow reader before it is closed with 1013. */
  maxBufferedBytes: number;
  /** Milliseconds for the closing handshake before the socket is destroyed. */
  closeTimeout: number;
  /** Bytes of a message to collect before a frame of a binary stream is sent. */
  binaryFragmentation: number;
  heartbeat?: Heartbeat;
  /** Agrees on compression; without it compression is off. */
  compression?: DeflateNegotiator | undefined;
  /** A listener of a connection threw or rejected; the connection closes with 1011. */
  onHandlerError(error: unknown, connection: Connection): void;
  onViolation?(error: ProtocolError, connection: Connection): void;
  /** The connection is over; called once, before its `close` event. */
  onClosed?(connection: Connection): void;
  /** Its socket is gone, at the same time or later; called once. */
  onGone?(connection: Connection): void;
}

/** What a handler can reach of the server that its connection belongs to. */
export interface ConnectionOwner {
  /** The open connections, in no particular order. */
  readonly connections: readonly Connection[];
  /** Sends a text to every open connection that `filter` lets through. */
  broadcast(text: string, filter?: (connection: Connection) => boolean): number;
  /** The group of this name. */
  group(name: string): Group;
  /** @internal Chooses the subprotocol in the handshake. */
  readonly _selectProtocol: ((connection: Connection, protocols: string[]) => string | undefined) | null;
}

/** The events of a connection and what their listeners are given. */
export interface ConnectionEvents {
  /** A whole text message. */
  text: [text: string];
  /** A binary message begins; the stream ends with it. Where nobody listens the message is dropped. */
  binary: [stream: BinaryReader];
  /** A whole message of either kind as bytes, those of a text in UTF-8; a text that is only listened to so is not decoded. */
  message: [data: Buffer, isBinary: boolean];
  /** The answer to a ping, its payload as text. */
  pong: [payload: string];
  /** The connection is over: the code and reason of the first Close frame, 1005 without a code, 1006 without a frame. */
  close: [code: number, reason: string];
  /** A socket error, or a call that cannot be carried out. A socket error without a listener is dropped. */
  error: [error: Error];
  /** A client's handshake succeeded. */
  connect: [];
  /** Everything queued was handed to the operating system after more had waited than it took. */
  drain: [];
  /** The server stops: the client is told to come back after so many milliseconds. What is sent at once goes before the Close. */
  draining: [afterMs: number];
}

type Listener<E extends keyof ConnectionEvents> = (this: Connection, ...args: ConnectionEvents[E]) => void;

export interface Connection {
  on<E extends keyof ConnectionEvents>(event: E, listener: Listener<E>): this;
  once<E extends keyof ConnectionEvents>(event: E, listener: Listener<E>): this;
  off<E extends keyof ConnectionEvents>(event: E, listener: Listener<E>): this;
  emit<E extends keyof ConnectionEvents>(event: E, ...args: ConnectionEvents[E]): boolean;
}

/** The bytes of the text that was handed out last, so that sending it on does not validate it again. */
let lastValidText: Uint8Array | undefined;

const NOTHING = Buffer.alloc(0);

/** Who may want reading to pause. */
const PAUSE = { HANDLER: 1, RATE: 2, INFLATE: 4 } as const;

const kConnection = Symbol('connection');
type OwnedSocket = Socket & { [kConnection]: Connection };

/** One WebSocket connection: the names and meanings of `nodejs-websocket`, the behaviour of RFC 6455. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface only gives the events of the emitter their types
export class Connection extends BaseConnection implements FrameSink, Beating {
  /** CONNECTING 0, OPEN 1, CLOSING 2, CLOSED 3. */
  readyState: number = this.CONNECTING;
  /** The request target, such as `/chat?name=a`. */
  path = '/';
  /** The header fields of the request, or on a client those of the answer; names in lower case. */
  headers: IncomingHttpHeaders = {};
  /** The subprotocols that the client offered, and the one agreed on. */
  protocols: string[] = [];
  protocol: string | undefined = undefined;
  /** The peer's address and port; behind a trusted proxy those of the proxy's client, as far as it told. */
  remoteAddress: string | undefined = undefined;
  remotePort: number | undefined = undefined;
  /** The peer's Close frame has come: a `close` event after it ends a closing handshake, not a broken connection. */
  closeReceived = false;
  /** The server that accepted the connection; null on a client. */
  readonly server: ConnectionOwner | null;
  /** @internal */
  key: string | null = null;
  /** @internal */
  host: string | null = null;
  /** @internal */
  extraHeaders: Record<string, string> | null = null;
  /** @internal The groups that it leaves when it ends. */
  groups: Set<Group> | undefined = undefined;
  /** @internal */
  heard = true;
  /** @internal */
  beat = 0;

  readonly #settings: ConnectionSettings;
  readonly #reader: FrameReader;
  #outbox: Outbox | DeflatingOutbox;
  #deflate: Deflate | undefined = undefined;
  #incoming: BinaryReader | undefined = undefined;
  /** The pieces of a binary message that a listener of `message` is to get whole. */
  #pieces: MessageBuffer | undefined = undefined;
  #outgoing: BinaryWriter | undefined = undefined;
  #closeTimer: NodeJS.Timeout | undefined = undefined;
  readonly #rate: RateLimit | undefined;
  #ratePause: NodeJS.Timeout | undefined = undefined;
  /** Who wants reading to pause, a bit for each. */
  #pauses = 0;
  // What this side said when it closed first.
  #closeCode: number = closeCodes.ABNORMAL.code;
  #closeReason = '';

  /** @internal Use `createServer` or `connect`. */
  constructor(socket: Duplex, server: ConnectionOwner | null, settings: ConnectionSettings) {
    super();
    this.socket = socket as Socket;
    this.server = server;
    this.#settings = settings;
    this.#reader = new FrameReader(this, settings);
    this.#outbox = new Outbox(this.socket, settings.maxBufferedBytes);
    const limited = Number.isFinite(settings.messagesPerSecond) || Number.isFinite(settings.bytesPerSecond);
    this.#rate = limited ? new RateLimit(settings) : undefined;
    (this.socket as OwnedSocket)[kConnection] = this;
    socket.on('error', onSocketError);
    socket.on('close', onSocketClose);
    socket.on('end', onSocketEnd);
    socket.on('drain', onSocketDrain);
  }

  /** Answers the opening handshake of a request that was let in. @internal */
  accept(request: IncomingMessage): void {
    const agreed = this.#settings.compression?.negotiate(request.headers['sec-websocket-extensions']);
    if (agreed) this.#useCompression(agreed.deflate);
    answerHandshake(this, request, agreed?.header);
  }

  /** The package's reader of a server's answer skips names with digits, and fields without a space. @internal */
  override readHeaders(lines: string[]): void {
    for (const line of lines.slice(1)) {
      const [, name, value] = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
      if (name !== undefined) this.headers[name.toLowerCase()] = value;
    }
  }

  /** The handshake is done: reads from now on. @internal */
  open(): void {
    this.readyState = this.OPEN;
    this.#settings.heartbeat?.add(this);
    this.socket.on('data', onSocketData);
  }

  /** Bytes sent that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.#outbox.bytes;
  }

  /**
   * Sends a text message.
   * @param text a string, or a text's bytes in UTF-8
   * @param sent called when it was handed to the operating system
   * @returns false where the connection is not open, or its reader is too slow and is being closed for it
   * @throws TypeError for anything else
   */
  sendText(text: string | Uint8Array, sent?: SentCallback): boolean {
    if (text instanceof Uint8Array) return this.#sendTextBytes(text, sent);
    if (typeof text !== 'string') throw new TypeError(`sendText: got ${typeof text}, expected a string`);
    if (!this.#maySend()) return false;
    const callback = this.#guarded(sent);
    if (this.#masks) this.#outbox.push(encodeText(text, true), callback);
    else this.#outbox.pushText(text, callback);
    return true;
  }

  /** Sends a binary message; parameters, result and errors as for `sendText`. */
  sendBinary(data: Uint8Array, sent?: SentCallback): boolean {
    if (!(data instanceof Uint8Array)) throw new TypeError(`sendBinary: got ${typeof data}, expected a Buffer`);
    if (!this.#maySend()) return false;
    const callback = this.#guarded(sent);
    if (this.#masks) this.#outbox.push(encodeFrame(OPCODE.BINARY, data, { masked: true }), callback);
    else this.#outbox.pushMessage(OPCODE.BINARY, data, callback);
    return true;
  }

  /** Sends a string as text and bytes as binary. */
  send(data: string | Uint8Array, sent?: SentCallback): boolean {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new TypeError('data should be either a string or a Buffer instance');
    }
    return typeof data === 'string' ? this.sendText(data, sent) : this.sendBinary(data, sent);
  }

  /** Sends a text whose frame is shared with other connections; one that compresses makes its own. @internal */
  sendShared(text: string, frame: Buffer): boolean {
    // In the middle of a binary stream of its own it misses a text for all; that is no error of whoever sends to all.
    if (this.#outgoing !== undefined || !this.#maySend()) return false;
    if (this.#deflate) this.#outbox.pushText(text);
    else this.#outbox.push(frame);
    return true;
  }

  /** Calls back, later, when all that was sent so far was handed to the operating system; not where the connection ends before. @internal */
  whenSent(callback: () => void): void {
    if (this.readyState !== this.OPEN) return;
    this.#outbox.push(
      NOTHING,
      this.#guarded((failure) => {
        if (!failure) callback();
      }),
    );
  }

  /** The binary stream that is being sent, or null. */
  get outStream(): BinaryWriter | null {
    return this.#outgoing ?? null;
  }

  /** Begins a binary message of unknown length; no other message can be sent until the stream has ended. */
  beginBinary(): BinaryWriter | undefined {
    if (!this.#maySend()) return undefined;
    this.#outgoing = new BinaryWriter(
      this.#settings.binaryFragmentation,
      (piece, first, fin, sent) => {
        if (this.readyState !== this.OPEN) return sent();
        const opcode = first ? OPCODE.BINARY : OPCODE.CONTINUATION;
        // A failed write ends the connection, and with it the stream; it is no error of the stream.
        this.#outbox.push(encodeFrame(opcode, piece, { fin, masked: this.#masks }), () => sent());
      },
      (broken) => {
        this.#outgoing = undefined;
        // The peer waits for the rest of a message that will not come.
        if (broken) this.fail(closeCodes.INTERNAL_ERROR);
      },
    );
    return this.#outgoing;
  }

  /** Sends a ping; `pong` is emitted when its answer comes. The payload has 125 bytes of UTF-8 at most. */
  sendPing(payload: string | Uint8Array = ''): boolean {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    if (bytes.length > MAX_CONTROL_BYTES) {
      throw new RangeError(`sendPing: got ${bytes.length} bytes, the limit is ${MAX_CONTROL_BYTES}`);
    }
    if (this.readyState !== this.OPEN) return false;
    this.#outbox.push(encodeFrame(OPCODE.PING, bytes, { masked: this.#masks }));
    return true;
  }

  /**
   * Starts the closing handshake; `close` is emitted when the peer has answered, or after the close time-out.
   * @throws RangeError for a code that RFC 6455 does not allow on the wire
   */
  close(code?: number, reason?: string | null): void {
    if (code !== undefined && !isSendableCloseCode(code)) {
      throw new RangeError(`close: got code ${code}, expected 1000 to 1003, 1007 to 1014 or 3000 to 4999`);
    }
    if (this.readyState === this.CONNECTING) this.terminate();
    if (this.readyState !== this.OPEN) return;
    this.readyState = this.CLOSING;
    this.#closeCode = code ?? closeCodes.NO_STATUS.code;
    this.#closeReason = String(reason ?? '');
    this.#sendClose(code, this.#closeReason);
  }

  /** Ends the connection at once, without a closing handshake. */
  terminate(): void {
    if (this.readyState === this.OPEN) this.readyState = this.CLOSING;
    this.#reader.discard();
    this.#outbox.clear();
    this.socket.destroy();
  }

  /** Stops reading, also what came with the message at hand: what the peer sends waits in its own buffers until `resume`. */
  pause(): void {
    this.#reader.hold();
    this.#pause(PAUSE.HANDLER);
  }

  resume(): void {
    this.#resume(PAUSE.HANDLER);
  }

  /** Ends the connection with a code of the table; the peer is told and is not waited for. @internal */
  fail(close: CloseCode): void {
    if (this.readyState >= this.CLOSING) return;
    this.#reader.discard();
    // What it still sends is read and dropped, so that the Close is not lost to a reset.
    this.#pauses = 0;
    this.socket.resume();
    this.#abandonCompression();
    this.#sendClose(close.code, close.reason);
    this.socket.end();
    this.#closed(close.code, close.reason);
  }

  /** @internal */
  receive(chunk: Buffer): void {
    this.heard = true;
    try {
      this.#afterRead(this.#reader.read(chunk, this.#rate?.messagesLeft), chunk.length);
    } catch (error) {
      this.handlerFailed(error);
    }
  }

  /** A whole message that is compressed: reading waits until it is inflated. @internal */
  onCompressed(payload: Buffer, opcode: number): void {
    this.#pause(PAUSE.INFLATE);
    this.#deflate?.inflate(
      payload,
      (data) => this.#inflated(data, opcode),
      (error) => this.onViolation(error),
    );
  }

  /** @internal */
  handlerFailed(error: unknown): void {
    this.#settings.onHandlerError(error, this);
    this.fail(closeCodes.INTERNAL_ERROR);
  }

  /** A listener that is an asynchronous function rejected. @internal */
  [Symbol.for('nodejs.rejection')](error: unknown): void {
    this.handlerFailed(error);
  }

  /** @internal */
  onText(bytes: Buffer, start: number, end: number, ascii: boolean): void {
    if (this.readyState === this.OPEN && this.listenerCount('text') > 0) {
      const text = decodeText(bytes, start, end, ascii);
      rememberMessage(text, bytes, start, end);
      try {
        this.emit('text', text);
      } finally {
        forgetMessage();
      }
    }
    if (this.readyState === this.OPEN && this.listenerCount('message') > 0) {
      const data = bytes.subarray(start, end);
      lastValidText = data;
      rememberMessage(data, bytes, start, end);
      try {
        this.emit('message', data, false);
      } finally {
        forgetMessage();
      }
    }
  }

  #sendTextBytes(bytes: Uint8Array, sent: SentCallback | undefined): boolean {
    if (bytes !== lastValidText && !isUtf8(bytes)) throw new TypeError('sendText: got bytes that are not UTF-8');
    if (!this.#maySend()) return false;
    const callback = this.#guarded(sent);
    if (this.#masks) this.#outbox.push(encodeFrame(OPCODE.TEXT, bytes, { masked: true }), callback);
    else this.#outbox.pushMessage(OPCODE.TEXT, bytes, callback);
    return true;
  }

  /** @internal */
  onBinary(piece: Buffer, first: boolean, last: boolean): void {
    if (first && this.readyState === this.OPEN && this.listenerCount('binary') > 0) {
      this.#incoming = new BinaryReader((error) => this.handlerFailed(error));
      this.emit('binary', this.#incoming);
    }
    if (first && last) {
      this.#endIncoming(piece);
      if (this.readyState === this.OPEN && this.listenerCount('message') > 0) this.emit('message', piece, true);
      return;
    }
    if (first && this.listenerCount('message') > 0) this.#pieces = new MessageBuffer();
    this.#incoming?.push(piece);
    this.#pieces?.append(piece, 0, piece.length);
    if (!last) return;
    const pieces = this.#pieces;
    this.#pieces = undefined;
    this.#endIncoming();
    if (pieces === undefined || this.readyState !== this.OPEN) return;
    this.emit('message', pieces.take(), true);
  }

  /** Section 5.5.2: a pong with the same payload, byte for byte. @internal */
  onPing(payload: Buffer): void {
    if (this.readyState !== this.OPEN) return;
    if (this.#outbox.full) this.fail(closeCodes.TRY_AGAIN_LATER);
    else this.#outbox.push(encodeFrame(OPCODE.PONG, payload, { masked: this.#masks }));
  }

  /** @internal */
  onPong(payload: Buffer): void {
    if (this.listenerCount('pong') > 0) this.emit('pong', payload.toString());
  }

  /** Section 5.5.1: the first Close is answered with its own code, and then TCP ends from the server's side. @internal */
  onClose(code: number, reason: string): void {
    this.closeReceived = true;
    if (this.readyState === this.OPEN) {
      this.readyState = this.CLOSING;
      this.#closeCode = code;
      this.#closeReason = reason;
      this.#sendClose(code === closeCodes.NO_STATUS.code ? undefined : code);
    }
    const end = () => {
      this.#outbox.flush();
      this.socket.end();
      this.#closed(this.#closeCode, this.#closeReason);
    };
    // Answers that are still being compressed go out before the Close.
    if (this.#outbox instanceof DeflatingOutbox) this.#outbox.whenIdle(end);
    else end();
  }

  /** @internal */
  onViolation(error: ProtocolError): void {
    this.#settings.onViolation?.(error, this);
    this.fail(error.close);
  }

  /** @internal */
  onDrain(): void {
    try {
      this.emit('drain');
    } catch (error) {
      this.handlerFailed(error);
    }
  }

  /** @internal */
  onSilence(): void {
    // While reading is paused, silence says nothing.
    if (this.#pauses !== 0) this.heard = true;
    else this.terminate();
  }

  /** The peer has ended its side of TCP: ours ends when what is queued has gone out. @internal */
  onSocketEnded(): void {
    this.#outbox.flush();
    this.socket.end();
    this.#startCloseTimer();
    this.#closed(this.#closeCode, this.#closeReason);
  }

  /** The socket is gone, with or without a closing handshake. @internal */
  onSocketGone(): void {
    clearTimeout(this.#closeTimer);
    clearTimeout(this.#ratePause);
    this.#outbox.clear();
    this.#closed(this.#closeCode, this.#closeReason);
    this.#settings.onGone?.(this);
  }

  /** What a callback throws closes its connection. Something else than a function is no callback. */
  #guarded(sent: SentCallback | undefined): SentCallback | undefined {
    if (typeof sent !== 'function') return undefined;
    return (failure) => {
      try {
        sent(failure);
      } catch (error) {
        this.handlerFailed(error);
      }
    };
  }

  get #masks(): boolean {
    return !this.#settings.masked;
  }

  #maySend(): boolean {
    if (this.readyState !== this.OPEN) return false;
    if (this.#outgoing !== undefined) {
      this.emit(
        'error',
        new TextEventError('ERR_BINARY_IN_PROGRESS', 'A binary stream is being sent: end it before the next message'),
      );
      return false;
    }
    if (!this.#outbox.full) return true;
    // Later: whoever sends to all is in the middle of a list that the connection leaves when it is closed.
    process.nextTick(failSlowReader, this);
    return false;
  }

  #useCompression(deflate: Deflate): void {
    this.#deflate = deflate;
    this.#reader.allowCompression();
    const { maxBufferedBytes } = this.#settings;
    this.#outbox = new DeflatingOutbox(this.#outbox as Outbox, deflate, maxBufferedBytes, () => this.terminate());
  }

  #inflated(data: Buffer, opcode: number): void {
    try {
      if (opcode === OPCODE.BINARY) this.onBinary(data, true, true);
      else if (isUtf8(data)) this.onText(data, 0, data.length, false);
      else this.onViolation(new ProtocolError(closeCodes.INVALID_PAYLOAD, 'a text that is not UTF-8'));
      this.#reader.inflated();
      this.#pauses &= ~PAUSE.INFLATE;
      this.#readHeld();
    } catch (error) {
      this.handlerFailed(error);
    }
  }

  /** @param messages how many messages were completed by how many `bytes` */
  #afterRead(messages: number, bytes: number): void {
    if (this.#rate === undefined) return;
    this.#keepToRate(this.#rate.spend(messages, bytes));
    // The bucket was refilled meanwhile.
    if (this.#reader.holding) this.#readHeld();
  }

  #pause(why: number): void {
    this.#pauses |= why;
    this.socket.pause();
  }

  /** Reading goes on when nobody wants it to pause any more: first what the reader holds, then the socket. */
  #resume(why: number): void {
    this.#pauses &= ~why;
    try {
      this.#readHeld();
    } catch (error) {
      this.handlerFailed(error);
    }
  }

  #readHeld(): void {
    if (this.#pauses !== 0) return;
    this.#afterRead(this.#reader.resume(this.#rate?.messagesLeft), 0);
    if (this.#pauses === 0) this.socket.resume();
  }

  /** Over the rate reading pauses, so that TCP slows the sender down; one that goes on is closed with 1008. */
  #keepToRate(verdict: RateVerdict): void {
    if (verdict === 'exceeded') {
      const { messagesPerSecond, bytesPerSecond, rateGrace } = this.#settings;
      const rate = `${messagesPerSecond} messages or ${bytesPerSecond} bytes per second`;
      this.onViolation(new ProtocolError(closeCodes.POLICY_VIOLATION, `over ${rate} for ${rateGrace} ms`));
    } else if (verdict > 0 && this.readyState === this.OPEN) {
      this.#pause(PAUSE.RATE);
      this.#ratePause = setTimeout(() => this.#resume(PAUSE.RATE), verdict);
    }
  }

  #abandonCompression(): void {
    if (this.#outbox instanceof DeflatingOutbox) this.#outbox.abandon();
  }

  #sendClose(code?: number, reason?: string): void {
    this.#outbox.push(encodeClose(code, reason, this.#masks));
    this.#outbox.flush();
    this.#startCloseTimer();
  }

  /** A socket that is being ended goes in any case. */
  #startCloseTimer(): void {
    this.#closeTimer ??= setTimeout(destroySocket, this.#settings.closeTimeout, this.socket);
  }

  #endIncoming(piece?: Buffer): void {
    if (piece) this.#incoming?.push(piece);
    this.#incoming?.push(null);
    this.#incoming = undefined;
  }

  #closed(code: number, reason: string): void {
    if (this.readyState === this.CLOSED) return;
    const opened = this.readyState !== this.CONNECTING || this.server === null;
    this.readyState = this.CLOSED;
    this.#settings.heartbeat?.remove(this);
    this.#endIncoming();
    this.#outgoing?.destroy();
    this.#deflate?.end();
    for (const group of this.groups ?? []) group.delete(this);
    this.#settings.onClosed?.(this);
    if (!opened) return;
    try {
      this.emit('close', code, reason);
    } catch (error) {
      this.#settings.onHandlerError(error, this);
    }
  }
}

function onSocketData(this: Duplex, chunk: Buffer): void {
  (this as OwnedSocket)[kConnection].receive(chunk);
}

function onSocketError(this: Duplex, error: Error): void {
  const connection = (this as OwnedSocket)[kConnection];
  if (connection.listenerCount('error') > 0) connection.emit('error', error);
}

function onSocketClose(this: Duplex): void {
  (this as OwnedSocket)[kConnection].onSocketGone();
}

function onSocketEnd(this: Duplex): void {
  (this as OwnedSocket)[kConnection].onSocketEnded();
}

function onSocketDrain(this: Duplex): void {
  (this as OwnedSocket)[kConnection].onDrain();
}

function failSlowReader(connection: Connection): void {
  connection.fail(closeCodes.TRY_AGAIN_LATER);
}

function destroySocket(socket: Duplex): void {
  socket.destroy();
}
