import type { ExecutionContext } from 'ava';
import { room, type ServerOptions } from '../../src/index.ts';
import type { Publication } from '../../src/rooms/event-log.ts';
import { MemoryLog } from '../../src/rooms/memory/log.ts';
import { MemoryPresence } from '../../src/rooms/memory/presence.ts';
import { RoomError } from '../../src/rooms/room-error.ts';
import { Rooms } from '../../src/rooms/rooms.ts';
import { connect } from '../helpers/client.ts';
import { speak } from '../helpers/rooms.ts';
import { startServer } from '../helpers/server.ts';

/** A store that fails when it is told to. */
export class FailingLog extends MemoryLog {
  isDown = false;
  /** Appends wait for this. */
  gate: Promise<void> | undefined;
  appending = 0;

  override async append(room: string, publication: Publication) {
    this.appending++;
    await this.gate;
    this.appending--;
    this.#check();
    return super.append(room, publication);
  }

  override async head(room: string) {
    this.#check();
    return super.head(room);
  }

  #check(): void {
    if (this.isDown) throw new RoomError('unavailable', 'the disk is full');
  }
}

interface Setting extends ServerOptions {
  log?: FailingLog;
  grace?: number;
}

/** A server with rooms at /rooms/:room. */
export async function start(t: ExecutionContext, { log = new FailingLog(), grace = 0, ...options }: Setting = {}) {
  const rooms = new Rooms(log, new MemoryPresence({ grace }));
  const { server, port, url } = await startServer(t, {
    routes: { '/rooms/:room': room({ rooms }) },
    messagesPerSecond: Infinity,
    bytesPerSecond: Infinity,
    maxConnectionsPerIp: 1000,
    ...options,
  });
  const json = (target: string) => speak(t, `${url}/rooms/${target}`);
  const bare = (target: string) => connect(t, `${url}/rooms/${target}`);
  return { rooms, log, server, port, url, json, bare };
}
