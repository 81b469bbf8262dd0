/** Somebody who wants to be in a room. */
export interface Arrival {
  /** The names to try, best first. The first that is free is given, and where none is the last with a number behind it. */
  readonly names: readonly string[];
  /**
   * A secret that a client makes up for itself and keeps: who shows the same one again gets the same name back at once,
   * also where the connection of before is not known to be dead yet.
   */
  readonly client?: string | undefined;
}

/** Somebody in a room; opaque to all but the store, but for the name. */
export interface Membership {
  readonly name: string;
  /** True where the same client was here within the grace: nobody is told of its return. */
  readonly returned: boolean;
  /** Ends the membership; the name stays taken for the client's return until the grace is over, and is then free. */
  leave(): void;
}

/** Told when somebody has come to a room, or has left it for longer than the grace; in this process or, within 50 ms, in another. */
export type PresenceListener = (room: string, change: 'join' | 'leave', name: string) => void;

/**
 * Who is in which room, over all processes that share the store. Names are unique in a room. What a process held
 * that died is let go within seconds.
 *
 * Every method may reject with a RoomError `unavailable`.
 */
export interface Presence {
  enter(room: string, arrival: Arrival): Promise<Membership>;
  /** Names, in the order of their coming; those within their grace too. */
  members(room: string): Promise<readonly string[]>;
  follow(listener: PresenceListener): () => void;
  close(): Promise<void>;
}
