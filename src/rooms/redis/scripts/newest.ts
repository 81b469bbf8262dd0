import { ROOM } from './room.ts';
import { script } from './script.ts';

/** Arguments: rooms. Answer: the count of the newest append of each, nothing where there was none. */
export const newest = script(ROOM, `return redis.call('ZMSCORE', GROWN, unpack(ARGV))`);
