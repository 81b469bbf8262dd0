import { ROOM } from './room.ts';
import { script } from './script.ts';

/** Rooms that have grown since a count of appends. Arguments: the count, limit. Answer: count, room, head and epoch, of each. */
export const grown = script(
  ROOM,
  /* lua */ `
local answer = {}
local found = redis.call('ZRANGEBYSCORE', GROWN, '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for i = 1, #found, 2 do
  local meta = redis.call('HMGET', tag .. ':m:' .. found[i], 'h', 'e')
  local at = #answer
  answer[at + 1], answer[at + 2], answer[at + 3], answer[at + 4] = tonumber(found[i + 1]), found[i], tonumber(meta[1]), meta[2]
end
return answer
`,
);
