import type { Contender } from '../contenders.ts';
import { type RoomResult, roomsTable } from './table.ts';

/** The part of docs/bench.md about rooms. */
export function roomsSection(rooms: readonly RoomResult[], contenders: readonly Contender[]): string {
  return `
## Rooms

${roomsTable(rooms, contenders)}
`;
}
