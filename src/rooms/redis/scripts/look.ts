import { ROOM } from './room.ts';
import { script } from './script.ts';

/** Answer: how many appends there were in all rooms, and the life of the server. */
export const look = script(ROOM, `return { tonumber(redis.call('GET', SEQ) or 0), life() }`);
