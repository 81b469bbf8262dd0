import type { IncomingMessage } from 'node:http';
import { closeCodes } from '../close-codes.ts';
import { pathOf, type Refusal } from '../handshake.ts';
import { RoomError } from '../rooms/room-error.ts';
import { decodeRoomName } from '../rooms/room-name.ts';
import type { Connection } from '../wire/connection.ts';
import type { AnonymousAccess } from './anonymous.ts';
import { challengeOf } from './challenge.ts';
import { tokenOf } from './token-place.ts';
import type { TokenVerifier } from './token-verifier.ts';
import { Visit } from './visit.ts';

const ROOMS = '/rooms/';

const statusOf: Readonly<Record<string, number>> = { unauthorized: 401, token_expired: 401, forbidden: 403 };

/** Who may do what on the port: tokens, and what is open without one. */
export class Access {
  readonly #verifier: TokenVerifier;
  readonly #anonymous: AnonymousAccess;
  readonly #visits = new WeakMap<IncomingMessage, Visit>();
  readonly #verify = (token: string) => this.#verifier.verify(token);

  constructor(verifier: TokenVerifier, anonymous: AnonymousAccess) {
    this.#verifier = verifier;
    this.#anonymous = anonymous;
  }

  /** Whether there are keys to check tokens with. */
  get takesTokens(): boolean {
    return this.#verifier.hasKeys;
  }

  /** Finds out who sent a request. @throws RoomError unauthorized, token_expired, unavailable */
  async identify(request: IncomingMessage): Promise<Visit> {
    const token = tokenOf(request);
    const claims = token === undefined ? undefined : await this.#verify(token);
    const visit = new Visit(this.#anonymous, claims, this.#verify);
    this.#visits.set(request, visit);
    return visit;
  }

  /** Who sent a request that was identified, or that nobody has asked about: somebody without a token. */
  readonly visitorOf = (request: IncomingMessage): Visit =>
    this.#visits.get(request) ?? new Visit(this.#anonymous, undefined, this.#verify);

  /** Whose a request is that was identified: the `sub` of its token. */
  readonly userOf = (request: IncomingMessage): string | undefined => this.visitorOf(request).name;

  /** Judges a request to upgrade: a room can be entered by who may read it. */
  readonly authorize = async (request: IncomingMessage): Promise<true | Refusal> => {
    try {
      const visit = await this.identify(request);
      const path = pathOf(request.url) ?? '';
      const room = path.startsWith(ROOMS) ? decodeRoomName(path.slice(ROOMS.length)).room : undefined;
      const problem = room === undefined ? visit.entryProblem(path) : visit.problem('read', room);
      return problem ? refusalOf(problem) : true;
    } catch (error) {
      if (error instanceof RoomError) return refusalOf(error);
      throw error;
    }
  };

  /** Closes a connection when the time of its token is over. */
  readonly watch = (connection: Connection, request: IncomingMessage): void => {
    const visit = this.visitorOf(request);
    // Without a token nothing ends, and none is taken later.
    if (visit.remaining === Number.POSITIVE_INFINITY) return;
    const stop = visit.whenExpired((error) => {
      visit.onExpired?.(error);
      const { code, reason } = closeCodes.TOKEN_EXPIRED;
      connection.close(code, reason);
      // Its answer to the Close is to be read.
      connection.resume();
    });
    connection.on('close', stop);
  };
}

function refusalOf({ code, message, retryable }: RoomError): Refusal {
  const refusal = { status: statusOf[code] ?? 503, reason: message };
  const challenge = challengeOf(code);
  if (challenge) return { ...refusal, headers: { 'WWW-Authenticate': challenge } };
  return retryable ? { ...refusal, headers: { 'Retry-After': '5' } } : refusal;
}
