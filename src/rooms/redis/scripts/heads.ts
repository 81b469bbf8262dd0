import { ROOM } from './room.ts';
import { script } from './script.ts';

/** Arguments: rooms. Answer: head and epoch of each, -1 and nothing where it is gone. */
export const heads = script(
  ROOM,
  /* lua */ `
local answer = {}
for i, room in ipairs(ARGV) do
  local meta = redis.call('HMGET', tag .. ':m:' .. room, 'h', 'e')
  answer[2 * i - 1], answer[2 * i] = tonumber(meta[1]) or -1, meta[2] or ''
end
return answer
`,
);
