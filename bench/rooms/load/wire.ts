import { upgradeRequest } from '../../load/frames.ts';

/** A whole text in one frame. Its masking key is zero, which spares the load the masking; the server unmasks all the same. */
export function frameOf(text: string, opcode = 1): Buffer {
  return frame(Buffer.from(text), opcode);
}

export function pong(payload: Buffer): Buffer {
  return frame(payload, 10);
}

function frame(payload: Buffer, opcode: number): Buffer {
  const { length } = payload;
  const head = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head, 0, 0, 0, 0]), payload]);
}

export function upgrade(path: string, port: number, protocol: string | undefined): string {
  const request = upgradeRequest(path, port);
  return protocol === undefined ? request : request.replace(/\r\n$/, `Sec-WebSocket-Protocol: ${protocol}\r\n\r\n`);
}
