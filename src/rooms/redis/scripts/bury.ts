import { PEOPLE } from './people.ts';
import { script } from './script.ts';

/**
 * Lets go of what a process holds. Arguments: channel, process, most names at once, 1 where it is the process itself that
 * goes. Answer: 1 where there is more.
 */
export const bury = script(
  PEOPLE,
  /* lua */ `
local channel, process, most, own = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
if own then redis.call('DEL', tag .. ':lease:' .. process)
elseif redis.call('EXISTS', tag .. ':lease:' .. process) == 1 then return 0 end
local now, count = clock(), 0
local holds = redis.call('HSCAN', held(process), 0, 'COUNT', number(most))[2]
for i = 1, #holds, 2 do
  local place = cmsgpack.unpack(holds[i])
  letGo(channel, process, place[1], place[2], tonumber(holds[i + 1]), now, now)
  redis.call('HDEL', held(process), holds[i])
end
if redis.call('HLEN', held(process)) > 0 then return 1 end
redis.call('SREM', PROCESSES, process)
return 0
`,
);
