import { encodeFrame, encodeText } from './frame.ts';
import { Outbox } from './outbox.ts';
import type { SentCallback } from './socket-writer.ts';

/** A client's: each message is masked with a key of its own (RFC 6455 section 5.3), so nothing is shared. */
export class MaskingOutbox extends Outbox {
  override pushText(text: string, sent?: SentCallback): void {
    this.push(encodeText(text, true), sent);
  }

  override pushMessage(opcode: number, data: Uint8Array, sent?: SentCallback): void {
    this.push(encodeFrame(opcode, data, { masked: true }), sent);
  }

  override pushShared(text: string): void {
    this.pushText(text);
  }
}
