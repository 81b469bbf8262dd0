import { PEOPLE } from './people.ts';
import { script } from './script.ts';

/**
 * Lets go of those whose grace is over. Arguments: channel, most at once.
 * Answer: 1 where there is more, milliseconds until the next grace is over or -1.
 */
export const sweep = script(
  PEOPLE,
  /* lua */ `
local channel, most, now = ARGV[1], tonumber(ARGV[2]), clock()
local over = redis.call('ZRANGEBYSCORE', GRACES, '-inf', number(now), 'LIMIT', 0, number(most))
for _, packed in ipairs(over) do
  local place = cmsgpack.unpack(packed)
  local m = member(place[1], place[2])
  if m then remove(channel, place[1], place[2], m) else redis.call('ZREM', GRACES, packed) end
end
local nextOne = redis.call('ZRANGE', GRACES, 0, 0, 'WITHSCORES')
return { #over == most and 1 or 0, nextOne[2] and math.max(0, tonumber(nextOne[2]) - now) or -1 }
`,
);
