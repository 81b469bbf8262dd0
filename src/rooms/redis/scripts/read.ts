import { ROOM } from './room.ts';
import { script } from './script.ts';

/**
 * Arguments: room, epoch if it begins, now, most rooms, limit, most bytes, and the position's epoch and offset where there is one.
 * Answer: epoch, head, first, previous epochs, events as time, from, text, each; nothing where the room would be one too many.
 */
export const read = script(
  ROOM,
  /* lua */ `
local room, epoch, given, maxRooms, limit, maxBytes, askedEpoch, asked = unpack(ARGV)
local now = clock(given)
local meta = open(room, epoch, now, maxRooms)
if not meta then return {} end
touch(meta, now)

-- Where the events begin; the caller finds the same, and says what it means.
local start = meta.first - 1
if asked then
  local upTo = -1
  if askedEpoch == meta.epoch then upTo = meta.head
  else
    for name, last in string.gmatch(meta.previous, '(%w+) (%d+)') do
      if name == askedEpoch then upTo = tonumber(last) break end
    end
  end
  if tonumber(asked) <= upTo then start = math.max(start, tonumber(asked)) end
end

limit, maxBytes = tonumber(limit), tonumber(maxBytes) or math.huge
local events, count, bytes = {}, 0, 0
local average = math.max(1, meta.bytes / math.max(1, meta.head - meta.first + 1))
while count < limit and bytes < maxBytes and start + count < meta.head do
  -- No more at once than is likely to be wanted: texts may be large.
  local some = math.min(limit - count, 1000, math.ceil((maxBytes - bytes) / average) + 1)
  local entries = redis.call('XRANGE', tag .. ':s:' .. room, number(start + count + 1) .. '-0', '+', 'COUNT', number(some))
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    if bytes >= maxBytes then break end
    local from, text = field(entry[2], 'f'), field(entry[2], 't')
    count, bytes = count + 1, bytes + #from + #text
    events[3 * count - 2], events[3 * count - 1], events[3 * count] = tonumber(field(entry[2], 'a')), from, text
  end
end
return { meta.epoch, meta.head, meta.first, meta.previous, events }
`,
);
