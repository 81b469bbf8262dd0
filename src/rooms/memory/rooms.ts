import { Rooms } from '../rooms.ts';
import { MemoryLog } from './log.ts';
import { MemoryPresence } from './presence.ts';

/** Rooms of this process alone, of which little is kept, and in which a name is free as soon as its owner leaves. */
export function memoryRooms(): Rooms {
  return new Rooms(new MemoryLog(), new MemoryPresence({ grace: 0 }));
}
