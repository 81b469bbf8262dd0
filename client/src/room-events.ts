import type { ConnectionState } from './link.ts';
import type { OutboxLine, RoomError } from './room-error.ts';
import type { RoomEvent } from './room-subscription.ts';

/** What `on` tells of. */
export interface RoomEvents {
  /** `open` when the welcome has come. */
  state: ConnectionState;
  /** The first message of each connection. */
  welcome: { readonly name: string; readonly position: string; readonly members: readonly string[] };
  /** A line; each once, in order. */
  event: RoomEvent;
  /** One of our lines is durable. Its event has the same position and may come before or after this. */
  ack: OutboxLine & { readonly position: string; readonly duplicate: boolean };
  /** `unacknowledged` has changed. */
  outbox: readonly OutboxLine[];
  join: { readonly name: string };
  leave: { readonly name: string };
  /** Events after `from` up to and with `to`, `lost` of them, are no longer retained. */
  gap: { readonly from: string; readonly to: string; readonly lost: number };
  /** The log was replaced: what has come before is of another one, and what comes begins after `position`. */
  reset: { readonly position: string };
  /** Something failed, also what no `publish` waits for. */
  error: RoomError;
}
