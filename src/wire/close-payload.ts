import { isUtf8 } from 'node:buffer';
import { closeCodes, isSendableCloseCode } from '../close-codes.ts';
import { ProtocolError } from '../errors.ts';

/** What a Close frame says: 1005 and no reason where its payload is empty. */
export interface ClosePayload {
  code: number;
  reason: string;
}

/** RFC 6455 section 5.5.1: nothing, or two bytes of code and a reason in UTF-8. */
export function readClosePayload(payload: Buffer): ClosePayload | ProtocolError {
  if (payload.length === 0) return { code: closeCodes.NO_STATUS.code, reason: '' };
  if (payload.length === 1) return new ProtocolError(closeCodes.PROTOCOL_ERROR, 'a close code of one byte');
  const code = payload.readUInt16BE(0);
  const reason = payload.subarray(2);
  if (!isSendableCloseCode(code)) return new ProtocolError(closeCodes.PROTOCOL_ERROR, `the close code ${code}`);
  if (!isUtf8(reason)) return new ProtocolError(closeCodes.INVALID_PAYLOAD, 'a close reason that is not UTF-8');
  return { code, reason: reason.toString() };
}
