import { PEOPLE } from './people.ts';
import { script } from './script.ts';

/**
 * Arguments: channel, process, room, grace, wish or nothing, secret or nothing, as JSON how to name. The last has: pool, prefix, from,
 * oneByOne, and stems, which is the wish as it stands before a number of 1, 2, 3… digits.
 * Answer: name, 1 where it was this one's before, count of the change.
 */
export const enter = script(
  PEOPLE,
  /* lua */ `
local channel, process, room, grace, wish, client = unpack(ARGV)
local naming = cjson.decode(ARGV[7])

local function returning()
  local known = client ~= '' and redis.call('HGET', tag .. ':c:' .. room, client)
  local before = known and member(room, known)
  if before and (before.wish or '') == wish then return known end
  local named = wish ~= '' and member(room, wish)
  if named and not named.client and named.holders == 0 then return wish end
end

local function numbered(n)
  local digits = number(n)
  return naming.stems[#digits] .. digits
end

local function withNumber()
  if not isTaken(room, wish) then return wish end
  for n = 2, naming.oneByOne do if not isTaken(room, numbered(n)) then return numbered(n) end end
  local taken, free = naming.oneByOne, 2 * naming.oneByOne
  while isTaken(room, numbered(free)) do taken, free = free, 2 * free end
  while free - taken > 1 do
    local middle = math.floor((taken + free) / 2)
    if isTaken(room, numbered(middle)) then taken = middle else free = middle end
  end
  return numbered(free)
end

local function guest()
  local prefix, freed = naming.prefix, tag .. ':f:' .. room .. ' ' .. naming.prefix
  while true do
    local lowest = redis.call('ZPOPMIN', freed)[1]
    if not lowest then break end
    -- Where somebody asked for this very name, the number is given back when that one leaves.
    if tonumber(lowest) >= naming.from and not isTaken(room, prefix .. lowest) then return prefix .. lowest end
  end
  local n = tonumber(redis.call('HGET', tag .. ':t:' .. room, prefix) or naming.from)
  while isTaken(room, prefix .. number(n)) do n = n + 1 end
  redis.call('HSET', tag .. ':t:' .. room, prefix, number(n + 1))
  return prefix .. number(n)
end

local function free()
  if wish ~= '' then return withNumber() end
  for _, name in ipairs(naming.pool) do if not isTaken(room, name) then return name end end
  return guest()
end

local known = returning()
local name = known or free()
local returned = known and 1 or 0
return { name, returned, take(channel, process, room, name, grace, wish, client) }
`,
);
