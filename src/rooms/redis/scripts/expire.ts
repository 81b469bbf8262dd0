import { ROOM } from './room.ts';
import { script } from './script.ts';

/** Drops events that are too old. Arguments: now, greatest age, most events at once. Answer: 1 where there may be more. */
export const expire = script(
  ROOM,
  /* lua */ `
local now = clock(ARGV[1])
local before, left = now - tonumber(ARGV[2]), tonumber(ARGV[3])
local rooms = redis.call('ZRANGEBYSCORE', AGES, '-inf', '(' .. number(before), 'LIMIT', 0, 100)
for _, room in ipairs(rooms) do
  local meta = find(room)
  local first, events, bytes = meta.first, meta.head - meta.first + 1, meta.bytes
  local at
  while left > 0 and meta.first <= meta.head do
    local fields = oldest(meta)
    at = fields and tonumber(field(fields, 'a'))
    if at and at >= before then break end
    drop(meta, fields)
    left = left - 1
  end
  if meta.first > first then
    cut(meta)
    weigh(meta, events, bytes)
    redis.call('HSET', tag .. ':m:' .. room, 'f', number(meta.first), 'b', number(meta.bytes))
  end
  if meta.first > meta.head then
    redis.call('ZREM', AGES, room)
    redis.call('ZADD', IDLE, number(now), room)
  elseif at and at >= before then
    redis.call('ZADD', AGES, number(at), room)
  end
  if left <= 0 then break end
end
return (left <= 0 or #rooms == 100) and 1 or 0
`,
);
