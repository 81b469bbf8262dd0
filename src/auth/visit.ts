import type { Right, Visitor } from '../handlers/visitor.ts';
import { RoomError } from '../rooms/room-error.ts';
import type { AnonymousAccess } from './anonymous.ts';
import type { Claims } from './claims.ts';
import type { OperatorRight } from './operator-rights.ts';
import { allows } from './room-rights.ts';

/** What a timer takes at most is some 24 days. */
const LONGEST_TIMER = 2 ** 30;

/** Somebody with a token, or without one, for as long as a request or a connection lasts. */
export class Visit implements Visitor {
  onExpired?: (error: RoomError) => void;
  readonly #anonymous: AnonymousAccess;
  readonly #verify: (token: string) => Promise<Claims>;
  #claims: Claims | undefined;
  #renewing = false;

  /** @param claims undefined for who has no token */
  constructor(anonymous: AnonymousAccess, claims: Claims | undefined, verify: (token: string) => Promise<Claims>) {
    this.#anonymous = anonymous;
    this.#claims = claims;
    this.#verify = verify;
  }

  get name(): string | undefined {
    return this.#claims?.subject;
  }

  get expires(): Date | undefined {
    return this.#claims && new Date(this.#claims.expires);
  }

  /** Milliseconds that the token still holds; Infinity without one. */
  get remaining(): number {
    return (this.#claims?.expires ?? Number.POSITIVE_INFINITY) - Date.now();
  }

  /** Why they may not have a WebSocket at a path that is no room. */
  entryProblem(path: string): RoomError | undefined {
    if (this.remaining <= 0) return expired();
    return this.#claims || this.#anonymous.mayEnter(path) ? undefined : tokenNeeded();
  }

  problem(right: Right, room: string): RoomError | undefined {
    if (this.remaining <= 0) return expired();
    const own = this.#claims?.rooms ?? [];
    if (allows(own, right, room) || allows(this.#anonymous.rooms, right, room)) return undefined;
    // The room's name is left out: the line may become the reason of a Close frame, which is short.
    return this.#claims ? new RoomError('forbidden', `the token gives no right "${right}" here`) : tokenNeeded();
  }

  /** Why they may not operate the server. */
  operatorProblem(right: OperatorRight): RoomError | undefined {
    if (this.remaining <= 0) return expired();
    if (!this.#claims) return tokenNeeded();
    if (this.#claims.operator.includes(right)) return undefined;
    return new RoomError('forbidden', `the token gives no right "${right}" to operate this server`);
  }

  async renew(token: string, room: string): Promise<Date> {
    // Public keys may have to be fetched, and what waits for that is to be bounded.
    if (this.#renewing) throw new RoomError('unavailable', 'token: another one is being checked; wait for its answer');
    this.#renewing = true;
    try {
      return await this.#renew(token, room);
    } finally {
      this.#renewing = false;
    }
  }

  async #renew(token: string, room: string): Promise<Date> {
    const claims = await this.#verify(token);
    if (claims.subject !== this.name) {
      throw new RoomError(
        'forbidden',
        'token: got one of another sub, expected the sub that this connection came with',
      );
    }
    const problem = new Visit(this.#anonymous, claims, this.#verify).problem('read', room);
    if (problem) throw problem;
    if (this.remaining <= 0) throw expired();
    this.#claims = claims;
    return new Date(claims.expires);
  }

  /**
   * Calls back when the token's time is over, however often it is renewed until then.
   * @returns stops that
   */
  whenExpired(callback: (error: RoomError) => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const look = () => {
      const { remaining } = this;
      if (remaining <= 0) callback(expired());
      else if (remaining < Number.POSITIVE_INFINITY)
        timer = setTimeout(look, Math.min(remaining, LONGEST_TIMER)).unref();
    };
    look();
    return () => clearTimeout(timer);
  }
}

function expired(): RoomError {
  return new RoomError('token_expired', 'token: its time is over; come back with a new one');
}

function tokenNeeded(): RoomError {
  return new RoomError('unauthorized', 'a token is needed for this');
}
