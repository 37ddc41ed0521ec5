// What the snapshot store asks of Redis. Two kinds of keys for an account: `all`, a sorted set of entries as
// redis-snapshot-place.ts writes them, every score 0, in the order of their bytes; and for each stream a sorted set of
// ids by time, which also tells whether a snapshot is known.
import { luaInstantText } from './redis-snapshot-place.ts'
import type { StoreScript } from './redis-store-link.ts'

/**
 * Adds snapshots that are not known yet.
 * KEYS: all, streams. ARGV for each: place of its stream in KEYS, time, id, entry.
 * Replies for each in its turn: 1 if it was new, else 0.
 */
export const addSnapshots: StoreScript = {
  name: 'snapshots_add',
  lua: `
local isNew = {}
for first = 1, #ARGV, 4 do
  local added = redis.call('ZADD', KEYS[tonumber(ARGV[first])], 'NX', ARGV[first + 1], ARGV[first + 2])
  if added == 1 then redis.call('ZADD', KEYS[1], 0, ARGV[first + 3]) end
  isNew[#isNew + 1] = added
end
return isNew`,
}

/**
 * Entries of an account, newest first.
 * KEYS: all. ARGV: place before which they are, place of the last, how many.
 */
export const listOfAccount: StoreScript = {
  name: 'snapshots_of_account',
  lua: `return redis.call('ZREVRANGEBYLEX', KEYS[1], '(' .. ARGV[1], '[' .. ARGV[2], 'LIMIT', 0, ARGV[3])`,
}

/**
 * Entries of a stream, newest first.
 * KEYS: all, stream. ARGV: time and id of the place before which they are, time of the last, how many.
 */
export const listOfStream: StoreScript = {
  name: 'snapshots_of_stream',
  lua: `
local at, id, from, count = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
${luaInstantText}
-- As the sorted set compares. How Lua itself compares texts depends on the language of the machine.
local function isLess(one, other)
  for index = 1, math.min(#one, #other) do
    local difference = string.byte(one, index) - string.byte(other, index)
    if difference ~= 0 then return difference < 0 end
  end
  return #one < #other
end
-- How many are before the place. Of those of its instant, which may be any number, the half is looked for.
local rank = redis.call('ZCOUNT', KEYS[2], '-inf', '(' .. at)
local last = id == '' and rank or redis.call('ZCOUNT', KEYS[2], '-inf', at)
while rank < last do
  local middle = math.floor((rank + last) / 2)
  if isLess(redis.call('ZRANGE', KEYS[2], middle, middle)[1], id) then rank = middle + 1 else last = middle end
end
if rank == 0 then return {} end
local page = redis.call('ZRANGE', KEYS[2], math.max(0, rank - count), rank - 1, 'WITHSCORES')
local entries = {}
for index = #page - 1, 1, -2 do
  local time = tonumber(page[index + 1])
  if time < from then break end
  local place = toInstantText(time) .. page[index]
  entries[#entries + 1] = redis.call('ZRANGEBYLEX', KEYS[1], '[' .. place, '(' .. place .. '\\255', 'LIMIT', 0, 1)[1]
end
return entries`,
}

/**
 * Entries that an account need not keep any longer, the oldest first.
 * KEYS: all. ARGV: place of the first that is not too old, how many are kept, most entries to tell.
 */
export const listSurplus: StoreScript = {
  name: 'snapshots_surplus',
  lua: `
local most = tonumber(ARGV[3])
local aged = redis.call('ZLEXCOUNT', KEYS[1], '-', '(' .. ARGV[1])
local count = math.min(most, math.max(aged, redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2])))
return count > 0 and redis.call('ZRANGE', KEYS[1], 0, count - 1) or {}`,
}

/**
 * Removes snapshots. A stream that has none left leaves no key.
 * KEYS: all, streams. ARGV for each: place of its stream in KEYS, id, entry. Replies how many were there.
 */
export const removeSnapshots: StoreScript = {
  name: 'snapshots_remove',
  lua: `
local count = 0
for first = 1, #ARGV, 3 do
  redis.call('ZREM', KEYS[tonumber(ARGV[first])], ARGV[first + 1])
  count = count + redis.call('ZREM', KEYS[1], ARGV[first + 2])
end
return count`,
}
