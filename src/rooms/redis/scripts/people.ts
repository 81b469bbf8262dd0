/**
 * What the scripts of presence share. Keys behind the tag:
 *   :changes     stream: <count>-0, with c the change as JSON
 *   :count       counts the changes; :turns those who came
 *   :graces      sorted set: packed room and name of those whom nobody holds, by the end of their grace
 *   :processes   set: processes that hold names, or have described themselves
 *   :lease:<p>   what a process says of itself, or nothing; goes by itself when it does not live
 *   :h:<p>       hash: how often a process holds a packed room and name
 *   :n:<room>    hash: packed member by name
 *   :o:<room>    sorted set: name by turn
 *   :c:<room>    hash: name by secret
 *   :t:<room>    hash: by prefix, no guest had this number or a higher one
 *   :f:<room> <prefix>  sorted set: numbers below it of guests who have left
 */
export const PEOPLE = /* lua */ `
local COUNT, CHANGES, GRACES, PROCESSES = tag .. ':count', tag .. ':changes', tag .. ':graces', tag .. ':processes'

local function number(n) return string.format('%.0f', n) end

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function names(room) return tag .. ':n:' .. room end
local function held(process) return tag .. ':h:' .. process end

local function member(room, name)
  local packed = redis.call('HGET', names(room), name)
  return packed and cmsgpack.unpack(packed)
end

local function store(room, name, m) redis.call('HSET', names(room), name, cmsgpack.pack(m)) end

local function isTaken(room, name) return redis.call('HEXISTS', names(room), name) == 1 end

local function tell(channel, room, change, name)
  local count = redis.call('INCR', COUNT)
  local here = redis.call('HLEN', names(room))
  local text = cjson.encode({ room, change, name, here })
  redis.call('XADD', CHANGES, 'MAXLEN', '~', '10000', number(count) .. '-0', 'c', text)
  redis.call('SPUBLISH', channel, number(count) .. ' ' .. text)
  return count
end

-- However the name was come by.
local function giveBack(room, name)
  local tops = redis.call('HGETALL', tag .. ':t:' .. room)
  for i = 1, #tops, 2 do
    local prefix, digits = tops[i], string.sub(name, #tops[i] + 1)
    if string.sub(name, 1, #prefix) == prefix and string.match(digits, '^[1-9]%d*$') and #digits <= 15
      and tonumber(digits) < tonumber(tops[i + 1]) then
      redis.call('ZADD', tag .. ':f:' .. room .. ' ' .. prefix, digits, digits)
    end
  end
end

local function forget(room)
  for _, prefix in ipairs(redis.call('HKEYS', tag .. ':t:' .. room)) do
    redis.call('DEL', tag .. ':f:' .. room .. ' ' .. prefix)
  end
  redis.call('DEL', tag .. ':t:' .. room)
end

local function remove(channel, room, name, m)
  redis.call('HDEL', names(room), name)
  redis.call('ZREM', tag .. ':o:' .. room, name)
  if m.client and redis.call('HGET', tag .. ':c:' .. room, m.client) == name then
    redis.call('HDEL', tag .. ':c:' .. room, m.client)
  end
  redis.call('ZREM', GRACES, cmsgpack.pack({ room, name }))
  giveBack(room, name)
  tell(channel, room, 'leave', name)
  if redis.call('HLEN', names(room)) == 0 then forget(room) end
end

-- Ends so many holdings of a process, as of a time.
local function letGo(channel, process, room, name, times, since, now)
  local place = cmsgpack.pack({ room, name })
  local holds = tonumber(redis.call('HGET', held(process), place) or 0)
  local m = member(room, name)
  -- It was taken for dead, and let go of.
  if holds == 0 or not m then return end
  if holds > times then redis.call('HINCRBY', held(process), place, -times) else redis.call('HDEL', held(process), place) end
  m.holders = m.holders - times
  if m.holders > 0 then
    store(room, name, m)
  elseif since + m.grace <= now then
    remove(channel, room, name, m)
  else
    store(room, name, m)
    redis.call('ZADD', GRACES, number(since + m.grace), place)
  end
end

-- Gives a name to a process; tells of it where it was nobody's. Answers the count of that change, or of the newest.
local function take(channel, process, room, name, grace, wish, client)
  local before = member(room, name)
  local place = cmsgpack.pack({ room, name })
  redis.call('ZREM', GRACES, place)
  local m = { holders = (before and before.holders or 0) + 1, grace = tonumber(grace) }
  if wish ~= '' then m.wish = wish end
  if client ~= '' then
    m.client = client
    redis.call('HSET', tag .. ':c:' .. room, client, name)
  end
  store(room, name, m)
  redis.call('HINCRBY', held(process), place, 1)
  redis.call('SADD', PROCESSES, process)
  if before then return tonumber(redis.call('GET', COUNT) or 0) end
  redis.call('ZADD', tag .. ':o:' .. room, redis.call('INCR', tag .. ':turns'), name)
  return tell(channel, room, 'join', name)
end
`;
