import type { IncomingMessage } from 'node:http';
import type { RoomError } from '../rooms/room-error.ts';

/** What somebody may do in a room: read its lines, publish, see who is there. */
export const RIGHTS = ['read', 'publish', 'presence'] as const;

export type Right = (typeof RIGHTS)[number];

/** Who is at the other end of a connection, and what they may do. */
export interface Visitor {
  /** Under which they publish, whatever they ask for; undefined leaves them the choice. */
  readonly name: string | undefined;
  /** Until when their token holds; undefined without one. */
  readonly expires: Date | undefined;
  /** What speaks against it; undefined where nothing does. It is asked each time, since rights end. */
  problem(right: Right, room: string): RoomError | undefined;
  /**
   * Takes another token in place of the one that this visitor came with.
   * @returns until when it holds
   * @throws RoomError unauthorized, token_expired, forbidden, unavailable
   */
  renew(token: string, room: string): Promise<Date>;
  /** Told before the connection is closed because the time of its token is over. */
  onExpired?: (error: RoomError) => void;
}

/** Says who sent a request; undefined where everybody may do everything. */
export type VisitorOf = (request: IncomingMessage) => Visitor | undefined;
