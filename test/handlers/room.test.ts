import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { type Connection, room } from '../../src/index.ts';
import { MemoryLog } from '../../src/rooms/memory-log.ts';
import { MemoryPresence } from '../../src/rooms/memory-presence.ts';
import type { ServerMessage } from '../../src/rooms/protocol.ts';
import { RoomError } from '../../src/rooms/room-error.ts';
import { Rooms } from '../../src/rooms/rooms.ts';
import { type Client, connect } from '../helpers/client.ts';
import { head, RawClient, startServer, until } from '../helpers/server.ts';

const SUBPROTOCOL = 'text-event.v1.json';

interface JsonClient extends Omit<Client, 'send' | 'next'> {
  say(message: unknown): void;
  /** A whole text as it is. */
  send(text: string): void;
  next<T extends ServerMessage['type']>(type: T): Promise<Extract<ServerMessage, { type: T }>>;
}

async function start(t: ExecutionContext, { log = new MemoryLog(), grace = 0, ...options } = {}) {
  const rooms = new Rooms(log, new MemoryPresence({ grace }));
  const started = await startServer(t, {
    routes: { '/rooms/:room': room({ rooms }) },
    messagesPerSecond: Infinity,
    bytesPerSecond: Infinity,
    maxConnectionsPerIp: 1000,
    ...options,
  });
  const at = (target: string) => `${started.url}/rooms/${target}`;
  const bare = (target: string) => connect(t, at(target));
  const json = async (target: string): Promise<JsonClient> => {
    const client = await connect(t, at(target), { protocol: SUBPROTOCOL } as never);
    return client as never;
  };
  return { ...started, rooms, log, bare, json };
}

/** A client that speaks the subprotocol. */
async function speak(t: ExecutionContext, url: string): Promise<JsonClient> {
  const client = await connect(t, url, undefined, SUBPROTOCOL);
  t.is(client.socket.protocol, SUBPROTOCOL);
  return {
    ...client,
    say: (message) => client.send(JSON.stringify(message)),
    async next(type) {
      const message = JSON.parse(await client.next());
      t.is(message.type, type, JSON.stringify(message).slice(0, 300));
      return message;
    },
  };
}
