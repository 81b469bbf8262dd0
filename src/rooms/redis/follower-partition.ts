/** A room that is listened to. */
export interface Channel {
  readonly room: string;
  /** Resolves when its messages come, or will as soon as there is a connection. */
  listening: Promise<void>;
  users: number;
  /** When the last user left. */
  idleSince: number;
  /** Of its newest message. */
  seq: number;
  /** It has grown, and no message told: it may be on its way. */
  suspected: boolean;
}

/** What is known of the appends behind a hash tag; all of them are counted. */
export interface Partition {
  readonly tag: string;
  readonly channels: Map<string, Channel>;
  /** Resolves when appends are counted; undefined while no room is listened to. */
  counting: Promise<void> | undefined;
  /** What the last look found, and the one before it. */
  found: number | undefined;
  checked: number;
  /** Of the server. */
  life: string | undefined;
  /** Messages may have been missed. */
  doubtful: boolean;
  /** Rooms with appends of this process that failed, and may be in the log. */
  doubts: Set<string>;
  looking: Promise<void> | undefined;
}

export function newPartition(tag: string): Partition {
  return {
    tag,
    channels: new Map(),
    counting: undefined,
    found: undefined,
    checked: 0,
    life: undefined,
    doubtful: false,
    doubts: new Set(),
    looking: undefined,
  };
}
