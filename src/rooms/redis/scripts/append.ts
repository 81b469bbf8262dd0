import { ROOM } from './room.ts';
import { script } from './script.ts';

/** The most bytes that an event's text and name may have to be told with it. */
const MAX_TOLD_BYTES = 2048;

/**
 * Arguments: room, epoch if it begins, now, most rooms, channel, origin, most events, most bytes, from, how many characters that has
 * in JavaScript, text, and the key where there is one. Answer: epoch, offset, time, 1 for a duplicate; nothing where the room would
 * be one too many. What it tells is read in wake-up.ts.
 */
export const append = script(
  ROOM,
  /* lua */ `
local room, epoch, given, maxRooms, channel, origin, maxEvents, maxBytes, from, fromLength, text, key = unpack(ARGV)
local now = clock(given)
local meta = open(room, epoch, now, maxRooms)
if not meta then return {} end
local stream, keys = tag .. ':s:' .. room, tag .. ':k:' .. room
if key then
  local known = redis.call('HGET', keys, key)
  local first = known and redis.call('XRANGE', stream, known .. '-0', known .. '-0')[1]
  if first then return { meta.epoch, tonumber(known), tonumber(field(first[2], 'a')), 1 } end
end

local wasEmpty = meta.first > meta.head
local events, bytes = meta.head - meta.first + 1, meta.bytes
meta.head = meta.head + 1
meta.at = math.max(meta.at, now)
meta.bytes = meta.bytes + #from + #text
local id = number(meta.head) .. '-0'
if key then
  redis.call('XADD', stream, id, 'a', number(meta.at), 'f', from, 't', text, 'k', key)
  redis.call('HSET', keys, key, number(meta.head))
else
  redis.call('XADD', stream, id, 'a', number(meta.at), 'f', from, 't', text)
end
if wasEmpty then
  redis.call('ZREM', IDLE, room)
  redis.call('ZADD', AGES, number(meta.at), room)
end

local first = meta.first
maxEvents, maxBytes = tonumber(maxEvents) or math.huge, tonumber(maxBytes) or math.huge
while meta.head - meta.first >= maxEvents or (meta.bytes > maxBytes and meta.first < meta.head) do
  drop(meta, oldest(meta))
end
if meta.first > first then cut(meta) end
weigh(meta, events, bytes)

redis.call('HSET', tag .. ':m:' .. room, 'h', number(meta.head), 'f', number(meta.first), 'b', number(meta.bytes), 'a', number(meta.at))
local seq = redis.call('INCR', SEQ)
redis.call('ZADD', GROWN, number(seq), room)
local told = origin .. ' ' .. number(seq) .. ' ' .. number(meta.head) .. ' ' .. meta.epoch
-- Who stands right before it need not ask for it; a large one would be sent to many who have no use for it.
if #from + #text <= ${MAX_TOLD_BYTES} then told = told .. ' ' .. number(meta.at) .. ' ' .. fromLength .. ' ' .. from .. text end
redis.call('SPUBLISH', channel, told)
return { meta.epoch, meta.head, meta.at, 0 }
`,
);
