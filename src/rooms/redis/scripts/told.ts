import { PEOPLE } from './people.ts';
import { script } from './script.ts';

/** Changes after a count. Arguments: the count. Answer: count and change as JSON, of each. */
export const told = script(
  PEOPLE,
  /* lua */ `
local answer = {}
for _, entry in ipairs(redis.call('XRANGE', CHANGES, number(tonumber(ARGV[1]) + 1) .. '-0', '+')) do
  answer[#answer + 1] = tonumber(string.match(entry[1], '^%d+'))
  answer[#answer + 1] = entry[2][2]
end
return answer
`,
);
