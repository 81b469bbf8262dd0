import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../auth/access.ts';
import type { OperatorRight } from '../auth/operator-rights.ts';
import { RoomError } from '../rooms/room-error.ts';
import { isFromHere } from './from-here.ts';
import { sendRoomError } from './problem.ts';

/** Lets an operator through; everybody else it answers itself, and resolves with false. */
export type OperatorGuard = (request: FastifyRequest, reply: FastifyReply, right: OperatorRight) => Promise<boolean>;

/**
 * An operator is who is on this machine, and from elsewhere who has a token with the right.
 * @param access undefined, or without keys, where there are no tokens: then everybody else is told that there is nothing
 */
export function operatorGuard(access: Access | undefined): OperatorGuard {
  return async ({ raw }, reply, right) => {
    reply.header('Cache-Control', 'no-store');
    if (isOperatorHere(raw)) return true;
    if (!access?.takesTokens) {
      reply.callNotFound();
      return false;
    }
    const problem = await problemOf(access, raw, right);
    if (problem) sendRoomError(reply, problem);
    return problem === undefined;
  };
}

async function problemOf(
  access: Access,
  request: IncomingMessage,
  right: OperatorRight,
): Promise<RoomError | undefined> {
  try {
    return (await access.identify(request)).operatorProblem(right);
  } catch (error) {
    if (error instanceof RoomError) return error;
    throw error;
  }
}

/**
 * Who is on this machine. A browser here may also be led astray by a site whose name resolves to a loopback address: such a
 * request names that site as its host.
 */
function isOperatorHere(request: IncomingMessage): boolean {
  return isFromHere(request) && isHostOfMachine(request.headers.host);
}

function isHostOfMachine(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return hostname === 'localhost' || isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
