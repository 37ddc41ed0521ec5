// What the batch store asks of Redis. Of an account there are: `batches`, a stream of all that is kept, with a group of
// readers; `read`, a sorted set of the ids that have been read, by when they were received; `quarantined`, a sorted set
// of notes in the order of their ids, every score 0. What is in neither of these two nobody has read.
import type { StoreScript } from './redis-store-link.ts'

/** Group of readers of an account's batches. */
const GROUP = 'readers'
/** How many names of batches are remembered: more than a queue can be asked for answers in an hour. */
const ORIGINS_REMEMBERED = 5000
/** Most entries that one call looks at. */
const ENTRIES_PER_CALL = 200

/** The id of an entry, written so that bytes sort as ids do. */
const luaPlace = `
local function toPlace(id)
  local time, sequence = string.match(id, '^(%d+)-(%d+)$')
  return string.rep('0', 20 - #time) .. time .. '-' .. string.rep('0', 20 - #sequence) .. sequence
end`

const luaSize = `
local function sizeOf(fields)
  local size = 0
  for index = 2, #fields, 2 do size = size + #fields[index] end
  return size
end`

const luaHasGroup = `
local function hasGroup(batches)
  if redis.call('EXISTS', batches) == 0 then return false end
  for _, fields in ipairs(redis.call('XINFO', 'GROUPS', batches)) do
    for index = 1, #fields, 2 do
      if fields[index] == 'name' and fields[index + 1] == '${GROUP}' then return true end
    end
  end
  return false
end`

/**
 * Takes a batch over, unless it has.
 * KEYS: batches, origins. ARGV: its origin, then fields and values of the entry.
 */
export const receiveBatch: StoreScript = {
  name: 'batches_receive',
  lua: `
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
redis.call('ZADD', KEYS[2], string.match(id, '^%d+'), ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -${ORIGINS_REMEMBERED + 1})
return 1`,
}

/**
 * Gives entries to a member: its own that are not finished, those that others have left alone, new ones.
 * KEYS: batches. ARGV: member, milliseconds after which an entry is left alone, how many, bytes after which no more.
 */
export const takeUnread: StoreScript = {
  name: 'batches_take',
  lua: `
local batches, member, idleMs, most, room = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
${luaHasGroup}
${luaSize}
if redis.call('EXISTS', batches) == 0 then return {} end
if not hasGroup(batches) then redis.call('XGROUP', 'CREATE', batches, '${GROUP}', '0') end
local found, isKnown = {}, {}
local function isFull() return #found >= most or room <= 0 end
local function take(entry)
  local id, fields = entry[1], entry[2]
  if not fields then
    -- Given out, and deleted since.
    redis.call('XACK', batches, '${GROUP}', id)
  elseif not isKnown[id] then
    isKnown[id] = true
    found[#found + 1] = entry
    room = room - sizeOf(fields)
  end
end
local function readOne(after)
  local reply = redis.call('XREADGROUP', 'GROUP', '${GROUP}', member, 'COUNT', 1, 'STREAMS', batches, after)
  return reply and reply[1][2][1]
end

local own = readOne('0')
while own do
  take(own)
  own = not isFull() and readOne(own[1])
end
local cursor, looks = '0-0', 0
while not isFull() and looks < ${ENTRIES_PER_CALL} do
  local reply = redis.call('XAUTOCLAIM', batches, '${GROUP}', member, idleMs, cursor, 'COUNT', 1)
  for _, entry in ipairs(reply[2]) do
    if entry then take(entry) end
  end
  cursor, looks = reply[1], looks + 1
  if cursor == '0-0' then break end
end
local new = not isFull() and readOne('>')
while new do
  take(new)
  new = not isFull() and readOne('>')
end
return found`,
}

/**
 * Notes what came of a batch.
 * KEYS: batches, read, quarantined. ARGV: id, `read`, `empty` or `quarantined`, rest of the note of a quarantined one.
 */
export const finishBatch: StoreScript = {
  name: 'batches_finish',
  lua: `
local id, outcome = ARGV[1], ARGV[2]
${luaPlace}
local place = toPlace(id)
local earlier = redis.call('ZRANGEBYLEX', KEYS[3], '[' .. place, '(' .. place .. '\\255')
local entry = outcome ~= 'empty' and redis.call('XRANGE', KEYS[1], id, id)[1]
local note
-- What needs room comes first: without any the script ends here, and has changed nothing.
if entry then
  local about = {}
  for index = 1, #entry[2], 2 do about[entry[2][index]] = entry[2][index + 1] end
  local receivedAt = tonumber(about.receivedAt) and about.receivedAt or string.match(id, '^%d+')
  if outcome == 'read' then
    redis.call('ZADD', KEYS[2], receivedAt, id)
  else
    note = table.concat({ place, id, about.status or '0', receivedAt, about.bytes or '0', ARGV[3] }, ' ')
    redis.call('ZADD', KEYS[3], 0, note)
  end
end
for _, other in ipairs(earlier) do
  if other ~= note then redis.call('ZREM', KEYS[3], other) end
end
if note or not entry then redis.call('ZREM', KEYS[2], id) end
redis.call('XACK', KEYS[1], '${GROUP}', id)
if outcome == 'empty' then redis.call('XDEL', KEYS[1], id) end
return 1`,
}

/**
 * Kept entries that are read or in quarantine, the oldest first.
 * KEYS: batches, read, quarantined. ARGV: id after which they are or nothing, how many, bytes after which no more.
 * Replies entries, and the id after which the next are; nothing at the end.
 */
export const listKeptBatches: StoreScript = {
  name: 'batches_kept',
  lua: `
local after, most, room = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
${luaPlace}
${luaSize}
local found = {}
for _ = 1, ${ENTRIES_PER_CALL} do
  if #found >= most or room <= 0 then break end
  local entry = redis.call('XRANGE', KEYS[1], after == '' and '-' or '(' .. after, '+', 'COUNT', 1)[1]
  if not entry then return { found, '' } end
  after = entry[1]
  local place = toPlace(after)
  if redis.call('ZSCORE', KEYS[2], after)
    or redis.call('ZLEXCOUNT', KEYS[3], '[' .. place, '(' .. place .. '\\255') > 0 then
    found[#found + 1] = entry
  end
  room = room - sizeOf(entry[2])
end
return { found, after }`,
}

/**
 * A kept entry that is read or in quarantine; nothing when there is none.
 * KEYS: batches, read, quarantined. ARGV: id.
 */
export const findKeptBatch: StoreScript = {
  name: 'batches_find',
  lua: `
local id = ARGV[1]
${luaPlace}
local place = toPlace(id)
if redis.call('ZSCORE', KEYS[2], id) or redis.call('ZLEXCOUNT', KEYS[3], '[' .. place, '(' .. place .. '\\255') > 0 then
  return redis.call('XRANGE', KEYS[1], id, id)[1]
end`,
}

/** Notes of what is in quarantine, newest first. KEYS: quarantined. ARGV: id after which they are or nothing, how many. */
export const listNotes: StoreScript = {
  name: 'batches_quarantined',
  lua: `
${luaPlace}
local newest = ARGV[1] == '' and '+' or '(' .. toPlace(ARGV[1])
return redis.call('ZREVRANGEBYLEX', KEYS[1], newest, '-', 'LIMIT', 0, ARGV[2])`,
}

/**
 * Removes a batch from quarantine, and with it the entry. Its origin is still remembered.
 * KEYS: batches, quarantined. ARGV: id. Replies how many notes there were.
 */
export const forgetBatch: StoreScript = {
  name: 'batches_forget',
  lua: `
local id = ARGV[1]
${luaPlace}
local place = toPlace(id)
local count = redis.call('ZREMRANGEBYLEX', KEYS[2], '[' .. place, '(' .. place .. '\\255')
if count > 0 then redis.call('XDEL', KEYS[1], id) end
return count`,
}

/** Counts what nobody has read. KEYS: batches, read, quarantined. */
export const countUnreadBatches: StoreScript = {
  name: 'batches_count',
  lua: `
return math.max(0, redis.call('XLEN', KEYS[1]) - redis.call('ZCARD', KEYS[2]) - redis.call('ZCARD', KEYS[3]))`,
}

/**
 * Removes what has been read and is old, and readers who are gone.
 * KEYS: batches, read. ARGV: time before which they were received, milliseconds after which a reader is gone.
 */
export const pruneBatches: StoreScript = {
  name: 'batches_prune',
  lua: `
${luaHasGroup}
local ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ${ENTRIES_PER_CALL})
for _, id in ipairs(ids) do
  redis.call('XDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
end
if not hasGroup(KEYS[1]) then return #ids end
for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], '${GROUP}')) do
  local reader = {}
  for index = 1, #fields, 2 do reader[fields[index]] = fields[index + 1] end
  -- One that has something is needed for others to take it over.
  if reader.pending == 0 and reader.idle >= tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], '${GROUP}', reader.name)
  end
end
return #ids`,
}
