import { PEOPLE } from './people.ts';
import { script } from './script.ts';

/** Arguments: room, limit. Answer: names in the order of their coming, how many there are. */
export const members = script(
  PEOPLE,
  /* lua */ `
local limit = tonumber(ARGV[2])
local first = limit > 0 and redis.call('ZRANGE', tag .. ':o:' .. ARGV[1], 0, number(limit - 1)) or {}
return { first, redis.call('HLEN', names(ARGV[1])) }
`,
);
