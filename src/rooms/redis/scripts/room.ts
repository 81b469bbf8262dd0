/**
 * What the scripts of the log share. Keys behind the tag:
 *   :seq        counts the appends of all rooms
 *   :grown      sorted set: room, by the count of its last append
 *   :ages       sorted set: rooms with events, by a time that none of these is older than
 *   :idle       sorted set: rooms without events, by when they were last asked for
 *   :held       hash: e events, b bytes of texts and names in all rooms
 *   :m:<room>   hash: e epoch, h head, f first, b bytes, a time of the newest, l life of the server, p previous epochs
 *   :s:<room>   stream: <offset>-0, with a time, f from, t text, k key
 *   :k:<room>   hash: offset by publication key
 */
export const ROOM = /* lua */ `
local SEQ, GROWN, AGES, IDLE, HELD = tag .. ':seq', tag .. ':grown', tag .. ':ages', tag .. ':idle', tag .. ':held'
local MOST_LIVES = 8

local function number(n) return string.format('%.0f', n) end

local function field(fields, name)
  for i = 1, #fields, 2 do if fields[i] == name then return fields[i + 1] end end
end

-- Milliseconds: the caller's where it has a clock of its own, else the server's, which is the same for all callers.
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Another one after each start of the server and each promotion of a replica: events may have been lost then.
local function life()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end

local function evict(room)
  redis.call('DEL', tag .. ':m:' .. room, tag .. ':s:' .. room, tag .. ':k:' .. room)
  redis.call('ZREM', IDLE, room)
  redis.call('ZREM', GROWN, room)
end

-- Positions of lives before are true up to the head that was found.
local function previousLives(meta)
  local lives, count = { meta.epoch .. ' ' .. number(meta.head) }, 1
  for epoch, upTo in string.gmatch(meta.previous, '(%w+) (%d+)') do
    if count == MOST_LIVES then break end
    count = count + 1
    lives[count] = epoch .. ' ' .. number(math.min(tonumber(upTo), meta.head))
  end
  return table.concat(lives, ' ')
end

local function find(room)
  local m = redis.call('HMGET', tag .. ':m:' .. room, 'e', 'h', 'f', 'b', 'a', 'l', 'p')
  if not m[1] then return nil end
  return {
    room = room, epoch = m[1], head = tonumber(m[2]), first = tonumber(m[3]), bytes = tonumber(m[4]), at = tonumber(m[5]),
    life = m[6], previous = m[7],
  }
end

local function begin(room, epoch, now, maxRooms)
  if maxRooms ~= '' and redis.call('ZCARD', AGES) + redis.call('ZCARD', IDLE) >= tonumber(maxRooms) then
    local longest = redis.call('ZRANGE', IDLE, 0, 0)[1]
    if not longest then return nil end
    evict(longest)
  end
  local meta = { room = room, epoch = epoch, head = 0, first = 1, bytes = 0, at = 0, life = life(), previous = '' }
  redis.call('HSET', tag .. ':m:' .. room, 'e', epoch, 'h', 0, 'f', 1, 'b', 0, 'a', 0, 'l', meta.life, 'p', '')
  redis.call('ZADD', IDLE, now, room)
  return meta
end

-- The room as it is in this life of the server; nil where it would be one too many.
local function open(room, epoch, now, maxRooms)
  local meta = find(room)
  if not meta then return begin(room, epoch, now, maxRooms) end
  local current = life()
  if meta.life ~= current then
    meta.previous = previousLives(meta)
    meta.epoch, meta.life = epoch, current
    redis.call('HSET', tag .. ':m:' .. room, 'e', epoch, 'l', current, 'p', meta.previous)
  end
  return meta
end

-- An empty room was asked for just now. Each time would be a write for each reading; a store that takes none is read all the same.
local function touch(meta, now)
  if meta.first <= meta.head then return end
  local since = redis.call('ZSCORE', IDLE, meta.room)
  if since and now - tonumber(since) > 60000 then redis.pcall('ZADD', IDLE, now, meta.room) end
end

local function oldest(meta)
  local id = number(meta.first) .. '-0'
  local entry = redis.call('XRANGE', tag .. ':s:' .. meta.room, id, id)[1]
  return entry and entry[2]
end

-- Takes the oldest event out of the counts; cut() drops it from the stream.
local function drop(meta, fields)
  meta.first = meta.first + 1
  if not fields then return end
  meta.bytes = meta.bytes - #field(fields, 'f') - #field(fields, 't')
  local key = field(fields, 'k')
  if key then redis.call('HDEL', tag .. ':k:' .. meta.room, key) end
end

-- After the counts of a room have changed: how many events and bytes it had before.
local function weigh(meta, events, bytes)
  local more = meta.head - meta.first + 1 - events
  if more ~= 0 then redis.call('HINCRBY', HELD, 'e', number(more)) end
  if meta.bytes ~= bytes then redis.call('HINCRBY', HELD, 'b', number(meta.bytes - bytes)) end
end

local function cut(meta)
  redis.call('XTRIM', tag .. ':s:' .. meta.room, 'MINID', number(meta.first) .. '-0')
end
`;
