import { PEOPLE } from './people.ts';
import { script } from './script.ts';

/** Answer: of each process that lives and has described itself what it says, and the milliseconds that this counts for yet. */
export const processes = script(
  PEOPLE,
  /* lua */ `
local answer = {}
for _, process in ipairs(redis.call('SMEMBERS', PROCESSES)) do
  local lease = tag .. ':lease:' .. process
  local description = redis.call('GET', lease)
  if description and description ~= '' then answer[#answer + 1] = { description, redis.call('PTTL', lease) } end
end
return answer
`,
);
