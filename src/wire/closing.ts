import type { Duplex } from 'node:stream';
import { closeCodes } from '../close-codes.ts';

/** How a connection ends: what the first Close frame said, and how long the rest may take. */
export class Closing {
  /** 1006 until there is a Close frame. */
  code: number = closeCodes.ABNORMAL.code;
  reason = '';
  #timer: NodeJS.Timeout | undefined;

  said(code: number, reason: string): void {
    this.code = code;
    this.reason = reason;
  }

  /** A socket that is being ended goes in any case. */
  startTimer(socket: Duplex, milliseconds: number): void {
    this.#timer ??= setTimeout(destroySocket, milliseconds, socket);
  }

  stopTimer(): void {
    clearTimeout(this.#timer);
  }
}

function destroySocket(socket: Duplex): void {
  socket.destroy();
}
