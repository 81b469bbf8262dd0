import type { Naming } from './names.ts';

/** Somebody who wants to be in a room. */
export interface Arrival {
  /** The name asked for, as `checkName` gave it; where it is taken it gets a number behind it. */
  readonly wish?: string | undefined;
  /** How to name who asks for none. */
  readonly naming: Naming;
  /**
   * A secret that a client makes up for itself and keeps: who shows the same one again, with the same wish, gets the same
   * name back at once, also where the connection of before is not known to be dead yet.
   */
  readonly client?: string | undefined;
  /** Milliseconds that a name stays taken when its owner has left. @default that of the store */
  readonly grace?: number | undefined;
}

/** Somebody in a room; opaque to all but the store, but for the name. */
export interface Membership {
  readonly name: string;
  /**
   * True where the same client was here within the grace: nobody is told of its return. A client without a secret
   * returns by asking for the same name.
   */
  readonly returned: boolean;
  /** Ends the membership; the name stays taken for the client's return until the grace is over, and is then free. Harmless when repeated. */
  leave(): void;
}

/** Who is in a room. */
export interface Members {
  /** The first of them, in the order of their coming; those within their grace too. */
  readonly names: readonly string[];
  /** How many there are in all. */
  readonly count: number;
}

/**
 * Told when somebody has come to a room, or has left it for longer than the grace; in this process or, within 50 ms, in another.
 * A join of this process is told before its `enter` resolves. All listeners are told of the changes of a room in the same order.
 * @param count how many are in the room now
 */
export type PresenceListener = (room: string, change: 'join' | 'leave', name: string, count: number) => void;

/** A process that lives and shares the store, this one too. */
export interface LivingProcess {
  /** What it says of itself. */
  readonly description: string;
  /** Milliseconds since its last sign of life. */
  readonly age: number;
}

/**
 * Who is in which room, over all processes that share the store. Names are unique in a room. What a process held
 * that died is let go within seconds.
 *
 * Every method may reject with a RoomError `unavailable`.
 */
export interface Presence {
  enter(room: string, arrival: Arrival): Promise<Membership>;
  /** @param limit the most names to list */
  members(room: string, limit: number): Promise<Members>;
  /** Returns what ends it. */
  follow(listener: PresenceListener): () => void;
  /**
   * Says something of this process to all that share the store: with its next sign of life, within a second, and with each
   * after it. It costs no message of its own, and wakes nobody. What was said once may be said anew, and is not taken back.
   * @param text of a few hundred characters; not empty
   */
  describe(text: string): void;
  /** The processes that have described themselves, in no order. One that was killed is among them for some seconds. */
  processes(): Promise<readonly LivingProcess[]>;
  /** Lets go of everybody who came through this process, and resolves when that is stored. */
  close(): Promise<void>;
}

/** Milliseconds that a client has to come back before its leave is announced. */
export const DEFAULT_GRACE = 10_000;
