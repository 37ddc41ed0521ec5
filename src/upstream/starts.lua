-- The shared log of starts of one account: who may start now, as the provider counts. One call, one decision.
--
-- The protocol, and why it holds, is described in docs/quota-and-freshness.md. In short:
-- * A start is granted while the log holds fewer than `capacity` starts of the last `span` milliseconds.
-- * Time is that of the server, made monotone, and never further on than a caller's own steady clock allows: a server
--   whose clock steps forward frees no start early, one that steps back holds none for longer than its span.
-- * What the server has lost (restarted, failed over, flushed, evicted) it cannot know; so it grants nothing until
--   every member that was alive has written its own starts down again, or until one span has passed.
--
-- KEYS  1 meta (hash), 2 members (hash), 3 log, 4 log of background starts, 5.. logs of interfaces with own limits
-- ARGV  see `arguments` below
-- Replies  {'late'}: the server's clock is ahead of what the caller can explain, nothing was done
--          {'join'}: the caller has to write its own starts down first
--          {'ok', epoch, sequence, now, isOpen, opensInMs, pausedForMs, grants, logs, others, roster, backgroundUsed,
--           isBackgroundActive, yieldForMs}

local GATHER_MS = 1200 -- longer than any member takes to find out that a server is back, and to call
local ALIVE_MS = 5000 -- a member that beat this shortly ago is there
local FORGET_MS = 60000 -- beyond its span, how long a key or a member is kept
local HOPE_MS = 2000 -- beyond that: how long those who still owe their starts are looked for every moment
local GAP_MS = 1000 -- no beat of anybody for so long: the server may have been away
local MARGIN_MS = 1000 -- beyond the span: members that come back take a moment to stop spending elsewhere
local KEEP_MS = 86400000
local BUSY_MS = 2000 -- a member whose calls waited this shortly ago still has them
local YIELD_MS = 10 -- who had the last start lets others go first for so long, if their calls wait

local cursor = 0
local function text()
  cursor = cursor + 1
  return ARGV[cursor]
end
local function number() return tonumber(text()) end

-- arguments
local verb, member, callerEpoch, callerSequence = text(), text(), text(), number()
local notAfter, isStep = number(), text() == '1' -- upper bound of the time, '' when unknown; the caller insists on it
local span, capacity = number(), number()
local backgroundShare, headroom = number(), number() -- starts kept for the background; starts it must leave free
local waiting, slotCount = number(), number() -- calls that wait at the caller; most expiries to tell per log
local logs = { { key = KEYS[3], span = span, capacity = capacity } }
for index = 5, #KEYS do logs[#logs + 1] = { key = KEYS[index], span = number(), capacity = number() } end
local widest = span -- the longest time for which anything can count
for _, log in ipairs(logs) do widest = math.max(widest, log.span) end

local function integer(value) return string.format('%.0f', value) end

local meta = redis.call('HMGET', KEYS[1], 'epoch', 'sequence', 'shift', 'last', 'createdAt', 'gatherUntil',
  'closedUntil', 'isOwed', 'newest', 'backgroundAt', 'pausedUntil', 'server', 'lastMember', 'lastGrantAt')
local epoch, sequence = meta[1], tonumber(meta[2] or 0)
local shift, last, createdAt = tonumber(meta[3] or 0), tonumber(meta[4] or 0), tonumber(meta[5] or 0)
local gatherUntil, closedUntil, isOwed = tonumber(meta[6] or 0), tonumber(meta[7] or 0), meta[8] == '1'
local newest, backgroundAt = tonumber(meta[9] or 0), tonumber(meta[10] or 0)
local pausedUntil, server = tonumber(meta[11] or 0), meta[12] or ''
local lastMember, lastGrantAt = meta[13] or '', tonumber(meta[14] or 0)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + shift
if now < last then
  shift = shift + last - now
  now = last
end
if notAfter and now > notAfter then
  if not isStep then return { 'late' } end
  local bounded = math.max(notAfter, last)
  shift = shift - (now - bounded)
  now = bounded
end

local function save()
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'sequence', integer(sequence), 'shift', integer(shift), 'last', integer(now),
    'createdAt', integer(createdAt), 'gatherUntil', integer(gatherUntil), 'closedUntil', integer(closedUntil),
    'isOwed', isOwed and '1' or '0', 'newest', integer(newest), 'backgroundAt', integer(backgroundAt),
    'pausedUntil', integer(pausedUntil), 'server', server, 'lastMember', lastMember, 'lastGrantAt', integer(lastGrantAt))
end

-- Members: name → "seen:owes:waiting".
local function readMember(record)
  local seen, owes, count = string.match(record, '^(%d+):(%d):(%d+)$')
  return tonumber(seen), owes == '1', tonumber(count)
end
local function writeMember(name, seen, owes, count)
  redis.call('HSET', KEYS[2], name, integer(seen) .. ':' .. (owes and '1' or '0') .. ':' .. integer(count))
end
local function eachMember(visit)
  local all = redis.call('HGETALL', KEYS[2])
  for index = 1, #all, 2 do
    local seen, owes, count = readMember(all[index + 1])
    visit(all[index], seen, owes, count)
  end
end

-- The server may have lost starts: everybody who may have some writes them down again before anything is granted.
local function gather()
  if now < gatherUntil then return end
  gatherUntil = now + GATHER_MS
  closedUntil = now + widest + MARGIN_MS
  -- Also who has left, or died: what he started may still count, and he alone knew.
  eachMember(function(name, seen, _, count)
    if seen < last - widest - ALIVE_MS then return end
    writeMember(name, seen, true, count)
    isOwed = true
  end)
end

-- The newest start of each interface's log stands in meta too, for its eviction to be noticed.
local function newestField(index) return 'newest:' .. logs[index].key end

-- Starts made elsewhere, or lost here: id, age in milliseconds, lane, place of the interface's log in `logs` or 0.
local function writeReports()
  for _ = 1, number() do
    local id, at, lane, place = text(), integer(now - number()), text(), number()
    redis.call('ZADD', KEYS[3], 'NX', at, id)
    if lane == 'b' then redis.call('ZADD', KEYS[4], 'NX', at, id) end
    if place > 0 then
      redis.call('ZADD', logs[place].key, 'NX', at, id)
      local known = tonumber(redis.call('HGET', KEYS[1], newestField(place)) or 0)
      redis.call('HSET', KEYS[1], newestField(place), integer(math.max(known, tonumber(at))))
    end
    newest = math.max(newest, tonumber(at))
  end
end

-- A log that should hold starts and does not was evicted, and so was what was to be known of it.
local function isLost()
  if newest > now - span and redis.call('EXISTS', KEYS[3]) == 0 then return true end
  for index = 2, #logs do
    local at = tonumber(redis.call('HGET', KEYS[1], newestField(index)) or 0)
    if at > now - logs[index].span and redis.call('EXISTS', logs[index].key) == 0 then return true end
  end
  return false
end

local function readServer()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
end

if epoch and isLost() then
  epoch = false
  redis.call('HDEL', KEYS[1], 'epoch')
end

if verb == 'report' then
  writeReports()
  redis.call('PEXPIRE', KEYS[3], span + FORGET_MS)
  return { 'ok' }
end

if verb == 'pause' then
  pausedUntil = math.max(pausedUntil, now + number())
  redis.call('HSET', KEYS[1], 'pausedUntil', integer(pausedUntil))
  redis.call('PEXPIRE', KEYS[1], KEEP_MS)
  return { 'ok' }
end

if verb == 'leave' then
  -- Not forgotten: what it has started may still count.
  if redis.call('HEXISTS', KEYS[2], member) == 1 then writeMember(member, now, false, 0) end
  return { 'ok' }
end

if verb == 'giveBack' then
  local id, place = text(), number()
  redis.call('ZREM', KEYS[3], id)
  redis.call('ZREM', KEYS[4], id)
  if place > 0 then redis.call('ZREM', logs[place].key, id) end
  -- An empty log is a loss only when it should hold something.
  if epoch then
    local function newestIn(key) return redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2] or 0 end
    redis.call('HSET', KEYS[1], 'newest', newestIn(KEYS[3]))
    if place > 0 then redis.call('HSET', KEYS[1], newestField(place), newestIn(logs[place].key)) end
  end
  return { 'ok' }
end

if verb == 'join' then
  local newEpoch, isAlone, isReconnected, rosterSize = text(), text() == '1', text() == '1', number()
  local current = readServer()
  local isNew = not epoch
  if isNew then
    epoch, createdAt, sequence, isOwed = newEpoch, now, callerSequence, false
    gatherUntil, closedUntil, newest = isAlone and now or now + GATHER_MS, now + widest + MARGIN_MS, 0
    for index = 2, #logs do redis.call('HDEL', KEYS[1], newestField(index)) end
    eachMember(function(name, seen, _, count)
      writeMember(name, seen, true, count)
      isOwed = true
    end)
  elseif callerEpoch == epoch and callerSequence > sequence then
    gather()
  elseif current ~= server or (current == '' and (isReconnected or (last > 0 and now - last >= GAP_MS))) then
    gather()
  end
  sequence = math.max(sequence, callerEpoch == epoch and callerSequence or 0)
  server = current
  -- Whom the caller knew of in an epoch that is gone is waited for, even if he has not come yet.
  local isHeir = callerEpoch ~= '' and (now < gatherUntil or (callerEpoch ~= epoch and now - createdAt <= widest))
  for _ = 1, rosterSize do
    local name = text()
    if isHeir and name ~= member and redis.call('HEXISTS', KEYS[2], name) == 0 then
      writeMember(name, now, true, 0)
      isOwed = true
      closedUntil = math.max(closedUntil, now + widest + MARGIN_MS)
    end
  end
  writeReports()
  writeMember(member, now, false, waiting)
elseif not epoch or callerEpoch ~= epoch then
  return { 'join' }
elseif callerSequence > sequence then
  gather()
  sequence = callerSequence
  save()
  return { 'join' }
end

-- Who still owes his starts; nobody, once a whole span has passed.
if isOwed then
  local isStillOwed, isOwing = false, false
  eachMember(function(name, seen, owes, count)
    if not owes then return end
    if now >= closedUntil then
      redis.call('HDEL', KEYS[2], name)
    else
      isStillOwed = true
    end
    isOwing = isOwing or name == member
  end)
  isOwed = isStillOwed
  if isOwing then
    save()
    return { 'join' }
  end
end
local isOpen = not isOwed and now >= gatherUntil

local function trim(log)
  redis.call('ZREMRANGEBYSCORE', log.key, '-inf', integer(now - log.span))
  log.used = redis.call('ZCARD', log.key)
end
for _, log in ipairs(logs) do trim(log) end
local background = { key = KEYS[4], span = span }
trim(background)

if verb == 'beat' then
  writeReports()
  trim(logs[1])
end
-- Who else is there, and how many calls wait with each. A take of one that has nobody waiting need not know.
local others, roster, busy = '', '', 0
if verb ~= 'take' or waiting > 0 then
  others, roster = {}, {}
  if verb ~= 'join' then writeMember(member, now, false, waiting) end
  eachMember(function(name, seen, owes, count)
    if name == member then return end
    if not owes and seen < now - widest - FORGET_MS then redis.call('HDEL', KEYS[2], name) end
    if seen >= now - widest - ALIVE_MS then roster[#roster + 1] = name end
    if seen >= now - ALIVE_MS then
      others[#others + 1] = count
      if count > 0 and seen >= now - BUSY_MS then busy = busy + 1 end
    end
  end)
end
if verb ~= 'take' then
  redis.call('PEXPIRE', KEYS[1], KEEP_MS)
  redis.call('PEXPIRE', KEYS[2], KEEP_MS)
  for _, log in ipairs(logs) do redis.call('PEXPIRE', log.key, log.span + FORGET_MS) end
  redis.call('PEXPIRE', KEYS[4], span + FORGET_MS)
end

local function isBackgroundActive() return backgroundAt > 0 and backgroundAt > now - span end

local function isFree(lane, place)
  local used = logs[1].used
  if used >= capacity or (place > 0 and logs[place].used >= logs[place].capacity) then return false end
  if lane == 'b' then return background.used < backgroundShare or used < capacity - headroom end
  -- While the background is at work, its share is not for others.
  local kept = isBackgroundActive() and math.max(0, backgroundShare - background.used) or 0
  return used < capacity - kept
end

-- Whoever is nearest to the server would win every race: members with calls that wait take turns.
local yieldUntil = busy > 0 and lastMember == member and lastGrantAt + YIELD_MS or 0
local mayTake = math.ceil((capacity - logs[1].used) / (1 + busy))

local function write(log, id)
  redis.call('ZADD', log.key, integer(now), id)
  if log.used == 0 then redis.call('PEXPIRE', log.key, log.span + FORGET_MS) end
  log.used = log.used + 1
end

local grants, isRefused = '', false
if verb == 'take' then
  local wishes = {}
  for index = 1, number() do
    wishes[index] = { id = text(), lane = text(), place = number() }
    if wishes[index].lane == 'b' then backgroundAt = now end
  end
  for _, wish in ipairs(wishes) do
    local id, lane, place = wish.id, wish.lane, wish.place
    if isOpen and now >= pausedUntil and now >= yieldUntil and mayTake > 0 and isFree(lane, place) then
      mayTake = mayTake - 1
      write(logs[1], id)
      if lane == 'b' then write(background, id) end
      if place > 0 then
        write(logs[place], id)
        redis.call('HSET', KEYS[1], newestField(place), integer(now))
      end
      newest = now
      lastMember, lastGrantAt = member, now
      grants = grants .. '1'
    else
      isRefused = true
      grants = grants .. '0'
    end
  end
end
sequence = sequence + 1
save()

-- When the oldest starts expire, from which a caller can tell when others come free. Those change slowly: a take is told
-- only when it matters at once.
local told = {}
for index, log in ipairs(logs) do
  local expiries = ''
  if verb ~= 'take' or isRefused or log.used >= log.capacity * 0.75 then
    expiries = {}
    local oldest = redis.call('ZRANGE', log.key, 0, slotCount - 1, 'WITHSCORES')
    for place = 2, #oldest, 2 do expiries[#expiries + 1] = tonumber(oldest[place]) + log.span - now end
  end
  told[index] = { log.used, expiries }
end

-- Who has not come after a while will hardly come at all: then it opens when what he started has left the window.
local isHopeful = now < gatherUntil + HOPE_MS
local opensInMs = isOpen and 0 or math.max(isHopeful and gatherUntil - now or closedUntil - now, 100)
if isRefused and lastMember == member and busy > 0 then yieldUntil = lastGrantAt + YIELD_MS end
return { 'ok', epoch, sequence, now, isOpen and 1 or 0, opensInMs, math.max(0, pausedUntil - now), grants, told, others,
  roster, background.used, isBackgroundActive() and 1 or 0, math.max(0, yieldUntil - now) }
