import { ROOM } from './room.ts';
import { script } from './script.ts';

/** Answer: rooms, events, bytes of texts and names. */
export const size = script(
  ROOM,
  /* lua */ `
local held = redis.call('HMGET', HELD, 'e', 'b')
return { redis.call('ZCARD', AGES) + redis.call('ZCARD', IDLE), tonumber(held[1]) or 0, tonumber(held[2]) or 0 }
`,
);
