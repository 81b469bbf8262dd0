import { ROOM } from './room.ts';
import { script } from './script.ts';

/** Rooms that have grown since a count of appends. Arguments: the count, limit. Answer: room and the count of its newest append, of each. */
export const grown = script(
  ROOM,
  `return redis.call('ZRANGEBYSCORE', GROWN, '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])`,
);
