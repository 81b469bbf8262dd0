/** The client library, exported as `text-event-server/client`. */
export type { Backoff } from './backoff.ts';
export { type ConnectionEvents, type ConnectionOptions, TextConnection } from './connection.ts';
export type { ConnectionState, LinkOptions } from './link.ts';
export type { PublishedLine } from './outbox.ts';
export { indexedDbStore, memoryStore, type OutboxStore } from './outbox-store.ts';
export { join, Room } from './room.ts';
export { type OutboxLine, RoomError } from './room-error.ts';
export type { RoomEvents } from './room-events.ts';
export type { RoomOptions } from './room-options.ts';
export type { RoomEvent } from './room-subscription.ts';
export type { Socket, SocketConstructor } from './socket.ts';
export type { TokenSource } from './token.ts';
