import net, { type Socket } from 'node:net';
import type { Target } from '../../load/task.ts';
import { FrameParser } from './frame-parser.ts';
import { pong, upgrade } from './wire.ts';

export interface ClientOptions {
  target: Target;
  /** Path and query. */
  path: string;
  /** The subprotocol that it offers. */
  protocol?: string;
  /** From which address of this machine it connects. */
  from?: string;
  /** What comes is read into it. @default one of 64 KiB that all clients share */
  buffer?: Buffer;
  /** A message; it is overwritten by what comes next. */
  onMessage(payload: Buffer): void;
}

const sharedBuffer = Buffer.alloc(64 * 1024);
const [CLOSE, PING] = [8, 9];

/** A connection that reads whole messages, answers pings, and can stand still. */
export class Client {
  readonly socket: Socket;
  /** Resolves when the handshake has succeeded; rejects when it is refused. */
  readonly opened: Promise<void>;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  /** Pieces in which what came after the handshake came. */
  chunks = 0;
  readonly #parser: FrameParser;

  constructor({ target, path, protocol, from, buffer = sharedBuffer, onMessage }: ClientOptions) {
    this.#parser = new FrameParser((opcode, payload) => {
      if (opcode === PING) this.socket.write(pong(payload));
      else if (opcode === CLOSE) this.socket.end();
      else onMessage(payload);
    });
    let opened = false;
    let onOpen: () => void;
    let onRefused: (error: Error) => void;
    this.opened = new Promise((resolve, reject) => {
      onOpen = resolve;
      onRefused = reject;
    });
    let head = '';
    const onread = (bytes: number): boolean => {
      if (opened) {
        this.chunks++;
        this.#parser.push(buffer.subarray(0, bytes));
        return true;
      }
      head += buffer.toString('latin1', 0, bytes);
      const end = head.indexOf('\r\n\r\n') + 4;
      if (end < 4) return true;
      if (!head.startsWith('HTTP/1.1 101 ')) onRefused(new Error(`refused: ${head.split('\r\n', 1)[0]}`));
      else {
        opened = true;
        onOpen();
        if (end < head.length) this.#parser.push(Buffer.from(head.slice(end), 'latin1'));
      }
      return true;
    };
    this.socket = net.connect({
      host: '127.0.0.1',
      port: target.port,
      noDelay: true,
      onread: { buffer, callback: onread },
      ...(from === undefined ? {} : { localAddress: from }),
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        onRefused(new Error('refused: the connection was closed'));
        resolve();
      });
    });
    this.socket.on('error', (error) => onRefused(error));
    this.socket.write(upgrade(path, target.port, protocol));
  }

  send(frame: Buffer): void {
    this.socket.write(frame);
  }

  /** Ends without a closing handshake, as when a network goes down; resolves when that is done on this side. */
  drop(): Promise<void> {
    this.socket.destroy();
    return this.closed;
  }
}
