import { PEOPLE } from './people.ts';
import { script } from './script.ts';

/**
 * Says that a process lives. Arguments: process, milliseconds that it counts for, what it says of itself or nothing.
 * Answer: 1 where it had not said so for as long, the count of changes, the life of
 * the server, and the processes that do not say so.
 */
export const beat = script(
  PEOPLE,
  /* lua */ `
local process, time, description = unpack(ARGV)
local was = redis.call('SET', tag .. ':lease:' .. process, description, 'PX', time, 'GET')
if description ~= '' then redis.call('SADD', PROCESSES, process) end
local life = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local silent = {}
for _, other in ipairs(redis.call('SMEMBERS', PROCESSES)) do
  if redis.call('EXISTS', tag .. ':lease:' .. other) == 0 then silent[#silent + 1] = other end
end
return { was and 0 or 1, tonumber(redis.call('GET', COUNT) or 0), life, silent }
`,
);
