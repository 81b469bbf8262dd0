import { PEOPLE } from './people.ts';
import { script } from './script.ts';

/**
 * Takes a name back that this process holds and the store has forgotten. Arguments: channel, process, room, grace, wish or nothing,
 * secret or nothing, name, how often it is held.
 */
export const hold = script(
  PEOPLE,
  /* lua */ `
local channel, process, room, grace, wish, client, name, times = unpack(ARGV)
local known = tonumber(redis.call('HGET', held(process), cmsgpack.pack({ room, name })) or 0)
if not isTaken(room, name) and known > 0 then known = 0; redis.call('HDEL', held(process), cmsgpack.pack({ room, name })) end
for _ = known + 1, tonumber(times) do take(channel, process, room, name, grace, wish, client) end
`,
);
