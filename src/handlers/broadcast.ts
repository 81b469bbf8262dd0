import { memoryRooms } from '../rooms/memory/rooms.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { ConnectionHandler } from './handler.ts';
import { Participant } from './participant.ts';
import { textFormat } from './text-reader.ts';

export interface BroadcastOptions {
  /** The rooms that it is one of. @default rooms of its own, in memory */
  rooms?: Rooms;
  /** @default broadcast */
  room?: string;
}

const asItIs = textFormat(({ text }) => text);

/** Sends each text unchanged to everyone on the path, the sender too. */
export function broadcast({ rooms = memoryRooms(), room = 'broadcast' }: BroadcastOptions = {}): ConnectionHandler {
  return (connection) => {
    const participant = new Participant(connection, rooms, room);
    connection.on('text', (text) => participant.publish({ from: '', text }));
    participant.attempt(participant.join({ format: asItIs }));
  };
}
