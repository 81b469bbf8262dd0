/**
 * A program in strict TypeScript that uses every public name of the client library as it is installed; it is only compiled.
 * The comments that expect an error are part of the test.
 */
import {
  type Backoff,
  type ConnectionEvents,
  type ConnectionOptions,
  type ConnectionState,
  indexedDbStore,
  join,
  type LinkOptions,
  memoryStore,
  type OutboxLine,
  type OutboxStore,
  type PublishedLine,
  Room,
  RoomError,
  type RoomEvent,
  type RoomEvents,
  type RoomOptions,
  type Socket,
  type SocketConstructor,
  TextConnection,
  type TokenSource,
} from 'text-event-server/client';

/** Compiles only where both types are the same. */
function same<A, B>(..._proof: [A, B] extends [B, A] ? [] : [never]): void {}

declare const own: SocketConstructor;
const backoff: Backoff = { shortest: 500, longest: 5_000 };
const tokens: TokenSource[] = ['a', () => 'a', () => undefined, async () => 'a'];
const link: LinkOptions = {
  backoff,
  connectTimeout: 1,
  heartbeatInterval: 1,
  heartbeatTimeout: 1,
  WebSocket: own,
  token: tokens[0],
};
const options: ConnectionOptions = { ...link, heartbeat: { probe: '/healthz' }, maxQueued: 1 };
new TextConnection('ws://localhost', { heartbeat: 'hello' });
new TextConnection('ws://localhost', { heartbeat: false });
// @ts-expect-error there is no such heartbeat
new TextConnection('ws://localhost', { heartbeat: 'hi' });

const connection = new TextConnection('ws://localhost', options);
const endState = connection.on('state', (state: ConnectionState) => {
  if (state.name === 'waiting') same<typeof state.retryAt, number>();
  if (state.name === 'closed') same<typeof state.reason, string>();
  // @ts-expect-error only who waits has a time
  if (state.name === 'open') state.retryAt.toFixed();
});
endState();
connection.on('text', (text) => text.trim());
connection.on('queue', (length: ConnectionEvents['queue']) => length.toFixed());
// @ts-expect-error there is no such event
connection.on('message', () => {});
connection.connect();
same<ReturnType<typeof connection.send>, boolean>();
connection.close();
same<typeof connection.queued, number>();
same<typeof connection.address, string>();

const stores: OutboxStore[] = [memoryStore(), indexedDbStore()];
const wanted: string | undefined = undefined;
const roomOptions: RoomOptions = {
  ...link,
  name: wanted,
  after: wanted,
  client: wanted,
  store: stores[0],
  resume: true,
  maxUnacknowledged: 1,
  maxInFlight: 1,
  maxBehind: 1,
};
const room: Room = join('https://example.org/chat.html', 'lobby', roomOptions);
new Room('ws://localhost', 'lobby');
room.on('event', ({ position, from, text, at }) => [position, from, text, at].join());
room.on('welcome', ({ name, members }) => members.includes(name));
room.on('ack', ({ key, position, duplicate }) => duplicate || key + position);
room.on('outbox', (lines: readonly OutboxLine[]) => lines.length);
room.on('join', ({ name }) => name.trim());
room.on('leave', ({ name }) => name.trim());
room.on('gap', ({ lost }: RoomEvents['gap']) => lost.toFixed());
room.on('reset', ({ position }) => position.trim());
room.on('error', ({ code, message, retryable, line }) => [code, message, retryable, line?.text]);
room.on('state', ({ name }) => name === 'open');
same<ReturnType<typeof room.publish>, Promise<string>>();
const line: PublishedLine = room.publishLine('text');
line.acknowledged.then(
  (position) => position.trim(),
  (error) => error instanceof RoomError && error.code === 'closed',
);
for await (const event of room) {
  same<typeof event, RoomEvent>();
  if (event.text === 'enough') break;
}
console.log(room.room, room.address, room.name, room.members, room.position, room.state, room.unacknowledged);
room.connect();
room.close();

// A WebSocket of one's own, and that of the platform.
class Own implements Socket {
  readyState = 0;
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  send(_text: string): void {}
  close(): void {}
}
join('ws://localhost', 'lobby', { WebSocket: Own });
