/** The subprotocol `text-event.v1.json`: one JSON object per text message. docs/protocol.md describes each. */
export const SUBPROTOCOL = 'text-event.v1.json';

/** What a client sends. */
export type ClientMessage =
  | { readonly type: 'publish'; readonly text: string; readonly key?: string }
  | { readonly type: 'ping' }
  /** Another token for this connection, before the time of the one that it came with is over. */
  | { readonly type: 'auth'; readonly token: string };

/** What a server sends. Positions are opaque to clients. */
export type ServerMessage =
  | Welcome
  | EventMessage
  | Ack
  | PresenceMessage
  | GapMessage
  | Reset
  | Reconnect
  | Pong
  | Renewed
  | ErrorMessage;

/** The first message. */
export interface Welcome {
  readonly type: 'welcome';
  /** The name under which this connection publishes. */
  readonly name: string;
  readonly room: string;
  /** Where this connection's events begin: the position resumed from, else the head. */
  readonly position: string;
  /** Who is here, this one too; the first 200 of them. */
  readonly members: readonly string[];
  /** Until when the token of this connection holds, ISO 8601 in UTC; where it came with one. */
  readonly expires?: string;
}

export interface EventMessage {
  readonly type: 'event';
  readonly position: string;
  readonly from: string;
  readonly text: string;
  /** ISO 8601, in UTC. */
  readonly at: string;
}

/** What was published is durable. */
export interface Ack {
  readonly type: 'ack';
  /** That of the publication, where it had one. */
  readonly key?: string;
  readonly position: string;
  /** The key had been published before; the position is that of the first time. */
  readonly duplicate: boolean;
}

export interface PresenceMessage {
  readonly type: 'join' | 'leave';
  readonly name: string;
}

/** Events after `from`, up to and with `to`, are no longer retained; `lost` of them. */
export interface GapMessage {
  readonly type: 'gap';
  readonly from: string;
  readonly to: string;
  readonly lost: number;
}

/** The log that the position was of is no more; events go on from `position`, the beginning of what there is. */
export interface Reset {
  readonly type: 'reset';
  readonly position: string;
}

/** The server is about to close; come back after so many milliseconds. */
interface Reconnect {
  readonly type: 'reconnect';
  readonly afterMs: number;
}

export interface Pong {
  readonly type: 'pong';
}

/** Another token has been taken. */
export interface Renewed {
  readonly type: 'renewed';
  /** Until when it holds, ISO 8601 in UTC. */
  readonly expires: string;
}

export interface ErrorMessage {
  readonly type: 'error';
  readonly code: RoomErrorCode;
  readonly message: string;
  /** Whether the same again may succeed later. */
  readonly retryable: boolean;
  /** That of the publication that failed, where it had one. */
  readonly key?: string;
}

/** Every error code of rooms, and whether trying again may help. */
export const roomErrors = {
  bad_message: { retryable: false },
  bad_room: { retryable: false },
  bad_name: { retryable: false },
  bad_position: { retryable: false },
  bad_key: { retryable: false },
  unauthorized: { retryable: false },
  token_expired: { retryable: false },
  forbidden: { retryable: false },
  too_many_rooms: { retryable: true },
  unavailable: { retryable: true },
} as const satisfies Record<string, { retryable: boolean }>;

export type RoomErrorCode = keyof typeof roomErrors;
