import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type CloseCode, closeCodes, isSendableCloseCode } from '../close-codes.ts';
import { ProtocolError, TextEventError } from '../errors.ts';
import { BaseConnection } from './base-connection.ts';
import { BinaryDelivery } from './binary-delivery.ts';
import { BinaryWriter } from './binary-stream.ts';
import { Closing } from './closing.ts';
import type { ConnectionEvents, ConnectionOwner, ConnectionSettings } from './connection-settings.ts';
import type { Deflate } from './deflate.ts';
import { DeflatingOutbox } from './deflating-outbox.ts';
import { encodeClose, encodeFrame, MAX_CONTROL_BYTES, OPCODE } from './frame.ts';
import type { Group } from './group.ts';
import type { Beating } from './heartbeat.ts';
import { MaskingOutbox } from './masking-outbox.ts';
import { Outbox } from './outbox.ts';
import type { Outgoing } from './outgoing.ts';
import { PAUSE, Reading, type ReadingOwner } from './reading.ts';
import { answerHandshake } from './server-handshake.ts';
import { ownSocket, type SocketOwner, startReading } from './socket-events.ts';
import type { SentCallback, WriterOwner } from './socket-writer.ts';
import { deliverText, isDeliveredText } from './text-delivery.ts';

const NOTHING = Buffer.alloc(0);

type Listener<E extends keyof ConnectionEvents> = (this: Connection, ...args: ConnectionEvents[E]) => void;

export interface Connection {
  on<E extends keyof ConnectionEvents>(event: E, listener: Listener<E>): this;
  once<E extends keyof ConnectionEvents>(event: E, listener: Listener<E>): this;
  off<E extends keyof ConnectionEvents>(event: E, listener: Listener<E>): this;
  emit<E extends keyof ConnectionEvents>(event: E, ...args: ConnectionEvents[E]): boolean;
}

/** One WebSocket connection: the names and meanings of `nodejs-websocket`, the behaviour of RFC 6455. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface only gives the events of the emitter their types
export class Connection extends BaseConnection implements ReadingOwner, WriterOwner, SocketOwner, Beating {
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
  /** The pattern of the route that let it in, such as `/rooms/:room`; undefined on a client, and where there are no routes. */
  route: string | undefined = undefined;
  /** Whole messages so far, text and binary; control frames are none. */
  messagesReceived = 0;
  messagesSent = 0;
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
  readonly #reading: Reading;
  #outbox: Outgoing;
  #deflate: Deflate | undefined = undefined;
  #incoming: BinaryDelivery | undefined = undefined;
  #outgoing: BinaryWriter | undefined = undefined;
  #closing: Closing | undefined = undefined;

  /** @internal Use `createServer` or `connect`. */
  constructor(socket: Duplex, server: ConnectionOwner | null, settings: ConnectionSettings) {
    super();
    this.socket = socket as Socket;
    this.server = server;
    this.#settings = settings;
    this.#reading = new Reading(socket, this, settings);
    this.#outbox = new (settings.masked ? Outbox : MaskingOutbox)(this.socket, settings, this);
    ownSocket(socket, this);
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
    startReading(this.socket);
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
    this.messagesSent++;
    this.#outbox.pushText(text, this.#guarded(sent));
    return true;
  }

  /** Sends a binary message; parameters, result and errors as for `sendText`. */
  sendBinary(data: Uint8Array, sent?: SentCallback): boolean {
    if (!(data instanceof Uint8Array)) throw new TypeError(`sendBinary: got ${typeof data}, expected a Buffer`);
    if (!this.#maySend()) return false;
    this.messagesSent++;
    this.#outbox.pushMessage(OPCODE.BINARY, data, this.#guarded(sent));
    return true;
  }

  /** Sends a string as text and bytes as binary. */
  send(data: string | Uint8Array, sent?: SentCallback): boolean {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new TypeError('data should be either a string or a Buffer instance');
    }
    return typeof data === 'string' ? this.sendText(data, sent) : this.sendBinary(data, sent);
  }

  /** Sends a text whose frame is shared with other connections; one that compresses or masks makes its own. @internal */
  sendShared(text: string, frame: Buffer): boolean {
    // In the middle of a binary stream of its own it misses a text for all; that is no error of whoever sends to all.
    if (this.#outgoing !== undefined || !this.#maySend()) return false;
    this.messagesSent++;
    this.#outbox.pushShared(text, frame);
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
    this.messagesSent++;
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
    this.#close(code, String(reason ?? ''));
  }

  /** Ends the connection at once, without a closing handshake. */
  terminate(): void {
    if (this.readyState === this.OPEN) this.readyState = this.CLOSING;
    this.#reading.discard();
    this.#outbox.clear();
    this.socket.destroy();
  }

  /** Stops reading, also what came with the message at hand: what the peer sends waits in its own buffers until `resume`. */
  pause(): void {
    this.#reading.pause(PAUSE.HANDLER);
  }

  resume(): void {
    this.#reading.resume(PAUSE.HANDLER);
  }

  /** Ends the connection with a code of the table; the peer is told and is not waited for. @internal */
  fail(close: CloseCode): void {
    if (this.readyState >= this.CLOSING) return;
    if (this.readyState === this.OPEN) this.readyState = this.CLOSING;
    this.#reading.drop();
    this.#outbox.abandon();
    this.#close(close.code, close.reason);
    this.#outbox.end();
    this.#closed();
  }

  /** @internal */
  receive(chunk: Buffer): void {
    this.heard = true;
    this.#reading.receive(chunk);
  }

  /** A whole message that is compressed: reading waits until it is inflated. @internal */
  onCompressed(payload: Buffer, opcode: number): void {
    this.#reading.pause(PAUSE.INFLATE);
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
    this.messagesReceived++;
    deliverText(this, bytes, start, end, ascii);
  }

  /** @internal */
  onBinary(piece: Buffer, first: boolean, last: boolean): void {
    if (last) this.messagesReceived++;
    this.#incoming ??= new BinaryDelivery(this);
    this.#incoming.push(piece, first, last);
  }

  /** @internal */
  get collectedBytes(): number {
    return this.#incoming?.bytes ?? 0;
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
      this.#close(code === closeCodes.NO_STATUS.code ? undefined : code);
      this.#closing?.said(code, reason);
    }
    // Answers that are still being compressed go out before the Close.
    this.#outbox.whenIdle(() => {
      this.#outbox.end();
      this.#closed();
    });
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

  /** Over the bound of all connections together: what waits here is let go, and the client may come back. @internal */
  onOverBudget(): void {
    if (this.readyState >= this.CLOSING) return;
    this.#outbox.clear();
    this.fail(closeCodes.TRY_AGAIN_LATER);
  }

  /** @internal */
  onSilence(): void {
    // While reading is paused, silence says nothing.
    if (this.#reading.paused) this.heard = true;
    else this.terminate();
  }

  /** @internal */
  onSocketError(error: Error): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }

  /** The peer has ended its side of TCP: ours ends when what is queued has gone out. @internal */
  onSocketEnded(): void {
    this.#outbox.end();
    this.#startCloseTimer();
    this.#closed();
  }

  /** @internal */
  onSocketGone(): void {
    this.#closing?.stopTimer();
    this.#reading.end();
    this.#outbox.clear();
    this.#closed();
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

  #sendTextBytes(bytes: Uint8Array, sent: SentCallback | undefined): boolean {
    if (!isDeliveredText(bytes) && !isUtf8(bytes)) throw new TypeError('sendText: got bytes that are not UTF-8');
    if (!this.#maySend()) return false;
    this.messagesSent++;
    this.#outbox.pushMessage(OPCODE.TEXT, bytes, this.#guarded(sent));
    return true;
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
    this.#reading.allowCompression();
    this.#outbox = new DeflatingOutbox(this.#outbox, deflate, this.#settings.maxBufferedBytes, () => this.terminate());
  }

  #inflated(data: Buffer, opcode: number): void {
    try {
      if (opcode === OPCODE.BINARY) this.onBinary(data, true, true);
      else if (isUtf8(data)) this.onText(data, 0, data.length, false);
      else this.onViolation(new ProtocolError(closeCodes.INVALID_PAYLOAD, 'a text that is not UTF-8'));
    } catch (error) {
      this.handlerFailed(error);
    }
    this.#reading.resume(PAUSE.INFLATE);
  }

  /** Sends a Close frame, which says how the connection ended unless the peer's came first. */
  #close(code?: number, reason = ''): void {
    this.#startCloseTimer();
    this.#closing?.said(code ?? closeCodes.NO_STATUS.code, reason);
    this.#outbox.push(encodeClose(code, reason, this.#masks));
    this.#outbox.flush();
  }

  #startCloseTimer(): void {
    this.#closing ??= new Closing();
    this.#closing.startTimer(this.socket, this.#settings.closeTimeout);
  }

  #closed(): void {
    if (this.readyState === this.CLOSED) return;
    const opened = this.readyState !== this.CONNECTING || this.server === null;
    this.readyState = this.CLOSED;
    this.#settings.heartbeat?.remove(this);
    this.#incoming?.end();
    this.#outgoing?.destroy();
    this.#deflate?.end();
    for (const group of this.groups ?? []) group.delete(this);
    this.#settings.onClosed?.(this);
    if (!opened) return;
    const { code, reason } = this.#closing ?? new Closing();
    try {
      this.emit('close', code, reason);
    } catch (error) {
      this.#settings.onHandlerError(error, this);
    }
  }
}

function failSlowReader(connection: Connection): void {
  connection.fail(closeCodes.TRY_AGAIN_LATER);
}
