import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply } from 'fastify';
import { challengeOf } from '../auth/challenge.ts';
import type { RoomErrorCode } from '../rooms/protocol.ts';
import { RoomError } from '../rooms/room-error.ts';

/** What an answer of RFC 9457 holds here beside its standard members. */
export interface Problem {
  readonly status: number;
  /** What was got and what was expected. */
  readonly detail: string;
  /** Stable; one of the error codes of rooms where it has one. */
  readonly code: string;
  /** Whether the same again may succeed later. */
  readonly retryable: boolean;
}

/** What a client that may try again is told to wait, in seconds. */
const RETRY_AFTER = '1';

const statusOf: Readonly<Partial<Record<RoomErrorCode, number>>> = {
  unauthorized: 401,
  token_expired: 401,
  forbidden: 403,
  too_many_rooms: 503,
  unavailable: 503,
};

export function sendProblem(reply: FastifyReply, { status, detail, code, retryable }: Problem): FastifyReply {
  if (retryable) reply.header('Retry-After', RETRY_AFTER);
  // Without a type of its own a problem is what its status says (RFC 9457 section 4.2.1).
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail, code, retryable };
  return reply
    .code(status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(body)));
}

/** Answers what a request may not, or what is wrong with it. */
export function sendRoomError(reply: FastifyReply, { code, message: detail, retryable }: RoomError): FastifyReply {
  const challenge = challengeOf(code);
  if (challenge) reply.header('WWW-Authenticate', challenge);
  return sendProblem(reply, { status: statusOf[code] ?? 400, detail, code, retryable });
}

/**
 * Answers what a route failed with.
 * @param report told of what is no fault of the request
 */
export function answerError(error: FastifyError, reply: FastifyReply, report: (error: unknown) => void): FastifyReply {
  if (error instanceof RoomError) return sendRoomError(reply, error);
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    report(error);
    return sendProblem(reply, { status, detail: 'the request failed', code: 'internal', retryable: true });
  }
  const code = status === 413 ? 'too_big' : status === 429 ? 'too_many_requests' : 'bad_request';
  return sendProblem(reply, { status, detail: error.message, code, retryable: status === 429 });
}
