-- The shared log of starts of one account: who may start now, as the provider counts. One call, one decision.
--
-- The protocol, and why it holds, is described in docs/quota-and-freshness.md. In short:
-- * A start is granted while the log holds fewer than `capacity` starts of the last `span` milliseconds.
-- * Time is that of the server, made monotone, and never further on than a caller's own steady clock allows: a server
--   whose clock steps forward frees no start early, one that steps back holds none for longer than its span.
-- * What the server has lost (restarted, failed over, flushed, evicted) it cannot know; so it grants nothing until
--   every member that was alive has written its own starts down again, or until one span has passed.
--
-- * Whoever gets no start may take a place in the line, one for each call that waits, if its turn comes in time. A
--   start that comes free is for the first in the line; so everybody knows at once when his turn is, or that it is late.
--
-- KEYS  1 meta (hash), 2 members (hash), 3 log, 4 log of background starts, 5 line, 6 line of background calls,
--       7.. logs of interfaces with own limits
-- ARGV  see `arguments` below
-- Replies  {'late'}: the server's clock is ahead of what the caller can explain, nothing was done
--          {'join'}: the caller has to write its own starts down first
--          {'ok', epoch, sequence, now, isOpen, opensInMs, pausedForMs, grants, logs, lines, roster, lookInMs}

local GATHER_MS = 1200 -- longer than any member takes to find out that a server is back, and to call
local ALIVE_MS = 5000 -- a member that beat this shortly ago is there
local FORGET_MS = 60000 -- beyond its span, how long a key or a member is kept
local HOPE_MS = 2000 -- beyond that: how long those who still owe their starts are looked for every moment
local GAP_MS = 1000 -- no beat of anybody for so long: the server may have been away
local MARGIN_MS = 1000 -- beyond the span: members that come back take a moment to stop spending elsewhere
local KEEP_MS = 86400000
local DOZE_MS = 250 -- who is the first in line, may start and does not come for so long loses his places
local MISS_MS = 1000 -- for so long he gets others only when he comes for a start, which he could not before
local LOOK_MS = 20 -- how soon whoever is held up by them comes again: mostly they have been there by then

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
local slotCount = number() -- most expiries to look at per log
-- The line of each lane; how many calls wait at the caller beyond those it wishes starts for, the last for how long.
local lines = { i = { key = KEYS[5], lane = 'i' }, b = { key = KEYS[6], lane = 'b' } }
for _, lane in ipairs({ 'i', 'b' }) do lines[lane].waiting, lines[lane].patience = number(), number() end
local logs = { { key = KEYS[3], span = span, capacity = capacity } }
for index = 7, #KEYS do logs[#logs + 1] = { key = KEYS[index], span = number(), capacity = number() } end
local widest = span -- the longest time for which anything can count
for _, log in ipairs(logs) do widest = math.max(widest, log.span) end

local function integer(value) return string.format('%.0f', value) end

local meta = redis.call('HMGET', KEYS[1], 'epoch', 'sequence', 'shift', 'last', 'createdAt', 'gatherUntil',
  'closedUntil', 'isOwed', 'newest', 'backgroundAt', 'pausedUntil', 'server', 'placeCount', 'turnSince:i',
  'turnSince:b', 'dozing:' .. member)
local epoch, sequence = meta[1], tonumber(meta[2] or 0)
local shift, last, createdAt = tonumber(meta[3] or 0), tonumber(meta[4] or 0), tonumber(meta[5] or 0)
local gatherUntil, closedUntil, isOwed = tonumber(meta[6] or 0), tonumber(meta[7] or 0), meta[8] == '1'
local newest, backgroundAt = tonumber(meta[9] or 0), tonumber(meta[10] or 0)
local pausedUntil, server = tonumber(meta[11] or 0), meta[12] or ''
local placeCount = tonumber(meta[13] or 0)
-- Since when the first of a line could start, as far as anybody has looked; 0 when he cannot.
lines.i.turnSince, lines.b.turnSince = tonumber(meta[14] or 0), tonumber(meta[15] or 0)
local missesUntil = tonumber(meta[16] or 0)

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

-- Nobody has come at all: it is not to be told who would have.
if now - last >= DOZE_MS then lines.i.turnSince, lines.b.turnSince = 0, 0 end

local function saveLines()
  redis.call('HSET', KEYS[1], 'placeCount', integer(placeCount), 'turnSince:i', integer(lines.i.turnSince),
    'turnSince:b', integer(lines.b.turnSince))
end

local function save()
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'sequence', integer(sequence), 'shift', integer(shift), 'last', integer(now),
    'createdAt', integer(createdAt), 'gatherUntil', integer(gatherUntil), 'closedUntil', integer(closedUntil),
    'isOwed', isOwed and '1' or '0', 'newest', integer(newest), 'backgroundAt', integer(backgroundAt),
    'pausedUntil', integer(pausedUntil), 'server', server)
  saveLines()
end

-- Members: name → "seen:owes".
local function readMember(record)
  local seen, owes = string.match(record, '^(%d+):(%d)')
  return tonumber(seen), owes == '1'
end
local function writeMember(name, seen, owes)
  redis.call('HSET', KEYS[2], name, integer(seen) .. ':' .. (owes and '1' or '0'))
end
local function eachMember(visit)
  local all = redis.call('HGETALL', KEYS[2])
  for index = 1, #all, 2 do
    local seen, owes = readMember(all[index + 1])
    visit(all[index], seen, owes)
  end
end

-- The server may have lost starts: everybody who may have some writes them down again before anything is granted.
local function gather()
  if now < gatherUntil then return end
  gatherUntil = now + GATHER_MS
  closedUntil = now + widest + MARGIN_MS
  -- Also who has left, or died: what he started may still count, and he alone knew.
  eachMember(function(name, seen)
    if seen < last - widest - ALIVE_MS then return end
    writeMember(name, seen, true)
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

-- The places of a line, in their order: name, "number:member", and score.
local function placesOf(line)
  if line.places then return line.places end
  line.places, line.own = {}, 0
  local list = placeCount > 0 and redis.call('ZRANGE', line.key, 0, -1, 'WITHSCORES') or {}
  for index = 1, #list, 2 do
    local owner = string.sub(list[index], string.find(list[index], ':', 1, true) + 1)
    line.places[#line.places + 1] = { name = list[index], owner = owner, score = tonumber(list[index + 1]) }
    if owner == member then line.own = line.own + 1 end
  end
  return line.places
end

local function removePlace(line, index)
  local place = table.remove(placesOf(line), index)
  redis.call('ZREM', line.key, place.name)
  placeCount = placeCount - 1
  if index == 1 then line.turnSince = 0 end
  if place.owner == member then line.own = line.own - 1 end
  return place
end

local function removePlacesOf(line, owner)
  for index = #placesOf(line), 1, -1 do
    if line.places[index].owner == owner then removePlace(line, index) end
  end
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
  if redis.call('HEXISTS', KEYS[2], member) == 1 then writeMember(member, now, false) end
  for _, line in pairs(lines) do removePlacesOf(line, member) end
  if epoch then saveLines() end
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
    redis.call('DEL', KEYS[5], KEYS[6])
    placeCount, lines.i.turnSince, lines.b.turnSince = 0, 0, 0
    eachMember(function(name, seen)
      writeMember(name, seen, true)
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
      writeMember(name, now, true)
      isOwed = true
      closedUntil = math.max(closedUntil, now + widest + MARGIN_MS)
    end
  end
  writeReports()
  writeMember(member, now, false)
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
  eachMember(function(name, seen, owes)
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
  trim(background)
end
-- Who else is there. A take need not know.
local roster = ''
if verb ~= 'take' then
  roster = {}
  if verb ~= 'join' then writeMember(member, now, false) end
  eachMember(function(name, seen, owes)
    if name == member then return end
    if not owes and seen < now - widest - FORGET_MS then
      redis.call('HDEL', KEYS[2], name)
      redis.call('HDEL', KEYS[1], 'dozing:' .. name)
    end
    if seen >= now - widest - ALIVE_MS then roster[#roster + 1] = name end
  end)
end
if verb ~= 'take' then
  redis.call('PEXPIRE', KEYS[1], KEEP_MS)
  redis.call('PEXPIRE', KEYS[2], KEEP_MS)
  for _, log in ipairs(logs) do redis.call('PEXPIRE', log.key, log.span + FORGET_MS) end
  redis.call('PEXPIRE', KEYS[4], span + FORGET_MS)
end

local function isBackgroundActive() return backgroundAt > 0 and backgroundAt > now - span end

-- Starts of the window that a lane may still take.
local function roomOf(lane)
  local left = capacity - logs[1].used
  if lane == 'b' then return math.max(math.min(left, backgroundShare - background.used), left - headroom) end
  -- While the background is at work, its share is not for others.
  return left - (isBackgroundActive() and math.max(0, backgroundShare - background.used) or 0)
end

-- When the oldest starts of a log expire.
local function expiriesOf(log)
  if log.expiries then return log.expiries end
  log.expiries = {}
  local oldest = redis.call('ZRANGE', log.key, 0, slotCount - 1, 'WITHSCORES')
  for place = 2, #oldest, 2 do log.expiries[#log.expiries + 1] = tonumber(oldest[place]) + log.span end
  return log.expiries
end

-- The caller's first place; one behind the last where it has none.
local function firstOf(line)
  local places = placesOf(line)
  if line.own == 0 then return #places + 1 end
  for index, place in ipairs(places) do
    if place.owner == member then return index end
  end
end

-- The last place of a member that has nearly the whole line, where the caller has none in it: that one is the caller's
-- if it gets none otherwise. Whoever has most of the calls must not have all of the starts. A place whose start is free
-- already is as good as taken: others have been told so.
local function crowdedOf(line)
  local places = placesOf(line)
  if #places < 6 or line.own > 0 then return nil end
  local counts, lastOf = {}, {}
  for index, place in ipairs(places) do
    counts[place.owner], lastOf[place.owner] = (counts[place.owner] or 0) + 1, index
  end
  for owner, count in pairs(counts) do
    if count > #places * 0.75 and lastOf[owner] > roomOf(line.lane) then return lastOf[owner] end
  end
  return nil
end

-- When a start is free for one who has `index - 1` others before him, where a log of so many holds so many, and those
-- expire at these times.
local function freeAt(index, total, used, expiries)
  if total <= 0 then return math.huge end
  -- After a whole round of the log everybody is one span later.
  local rounds = math.floor((index - 1) / total)
  local expiring = index - rounds * total - (total - used)
  local at = expiring <= 0 and now or expiries[expiring] or now + span
  return at + rounds * span
end

-- The log as interactive calls have it: without the background's share, and the starts that fill it. Those are the newest
-- of the background: as they expire they come free for others of its own.
local sharedLog
local function interactiveLog()
  if sharedLog then return sharedLog end
  local share = isBackgroundActive() and backgroundShare or 0
  local filled, filling = math.min(background.used, share), expiriesOf(background)
  local next = background.used - filled + 1
  sharedLog = { capacity = capacity - share, used = logs[1].used - filled, expiries = {} }
  for _, at in ipairs(expiriesOf(logs[1])) do
    if next <= #filling and filling[next] <= at then
      next = next + 1
    else
      sharedLog.expiries[#sharedLog.expiries + 1] = at
    end
  end
  return sharedLog
end

-- When the turn of a place comes, as starts expire now. Asked for only when the starts of this call have been written.
local function turnOf(index, line)
  -- While there is room nothing has to be looked up.
  if line.lane == 'i' then
    if index <= roomOf('i') then return now end
    local log = interactiveLog()
    return freeAt(index, log.capacity, log.used, log.expiries)
  end
  local used, others = logs[1].used, #placesOf(lines.i)
  local left = capacity - used
  if index <= math.min(left, backgroundShare - background.used) or index + others <= left - headroom then return now end
  local expiries = expiriesOf(logs[1])
  local inShare = math.max(freeAt(index, capacity, used, expiries),
    freeAt(index, backgroundShare, background.used, expiriesOf(background)))
  local beyond = freeAt(index + others, capacity - headroom, used, expiries)
  -- As long as others wait, whatever comes free beyond the share is theirs.
  if others > 0 and beyond > now and backgroundShare > 0 then return inShare end
  return math.min(inShare, beyond)
end

-- The first in line has a moment to come. Then the next ones have theirs, for he may be gone, or unable to start.
local function passDozing(line)
  while placeCount > 0 and #placesOf(line) > 0 and isOpen and now >= pausedUntil and roomOf(line.lane) > 0 do
    if line.turnSince == 0 then line.turnSince = now end
    local owner = line.places[1].owner
    if owner == member or now - math.max(line.turnSince, pausedUntil) < DOZE_MS then return end
    redis.call('HSET', KEYS[1], 'dozing:' .. owner, integer(now + MISS_MS))
    removePlacesOf(line, owner)
  end
  line.turnSince = 0
end

local wishCount = 0

-- As many places as calls wait, but none whose turn would come too late.
local function adjust(line, waiting)
  if placeCount == 0 and waiting == 0 then return end
  local places = placesOf(line)
  for index = #places, 1, -1 do
    if line.own <= waiting then break end
    if places[index].owner == member then removePlace(line, index) end
  end
  if line.own == 0 and now < missesUntil and wishCount == 0 then return end
  local function isLate(index) return math.max(pausedUntil, turnOf(index, line)) > now + line.patience end
  local function add(index, score)
    local place = { name = integer(score) .. ':' .. member, owner = member, score = score }
    redis.call('ZADD', line.key, integer(score), place.name)
    table.insert(places, index, place)
    if #places == 1 then redis.call('PEXPIRE', line.key, KEEP_MS) end
    placeCount, line.own = placeCount + 1, line.own + 1
  end
  while isOpen and line.own < waiting do
    local index = #places + 1
    if isLate(index) then
      index = crowdedOf(line)
      if not index or isLate(index) then break end
      add(index, removePlace(line, index).score)
    else
      add(index, index > 1 and places[index - 1].score + 1 or 0)
    end
  end
end

-- In how long the turn of each of the caller's places comes, and in how long that of its next one would.
local function describe(line)
  local own = {}
  local function restOf(index) return turnOf(index, line) - now end
  for index, place in ipairs(placesOf(line)) do
    if place.owner == member then own[#own + 1] = restOf(index) end
  end
  return { own, restOf(crowdedOf(line) or #line.places + 1) }
end

local function write(log, id)
  redis.call('ZADD', log.key, integer(now), id)
  if log.used == 0 then redis.call('PEXPIRE', log.key, log.span + FORGET_MS) end
  log.used, log.expiries = log.used + 1, nil
end

-- Whether others come first, who are given a moment to come for what is theirs.
local lookInMs = -1
local function isHeldUp(lane)
  local line = lines[lane]
  if placeCount == 0 or firstOf(line) - 1 < roomOf(lane) then return false end
  if line.turnSince == 0 then line.turnSince = now end
  lookInMs = math.max(1, math.min(LOOK_MS, math.max(line.turnSince, pausedUntil) + DOZE_MS - now))
  return true
end

local grants, isRefused = '', false
local refused = { i = 0, b = 0 }
local wishes = {}
if verb == 'take' then
  wishCount = number()
  for index = 1, wishCount do
    wishes[index] = { id = text(), lane = text(), place = number(), waits = number() == 1 }
    if wishes[index].lane == 'b' then backgroundAt = now end
  end
end
for _, lane in ipairs({ 'i', 'b' }) do passDozing(lines[lane]) end
for _, wish in ipairs(wishes) do
  local id, lane, place = wish.id, wish.lane, wish.place
  local isRoom = isOpen and now >= pausedUntil and roomOf(lane) > 0
    and (place == 0 or logs[place].used < logs[place].capacity)
  if isRoom and not isHeldUp(lane) then
    local line = lines[lane]
    if placeCount > 0 and firstOf(line) <= #line.places then removePlace(line, firstOf(line)) end
    write(logs[1], id)
    if lane == 'b' then write(background, id) end
    if place > 0 then
      write(logs[place], id)
      redis.call('HSET', KEYS[1], newestField(place), integer(now))
    end
    newest = now
    grants = grants .. '1'
  else
    -- Who waits for the limit of an interface would hold up others.
    local isNarrow = place > 0 and logs[place].used >= logs[place].capacity
    if wish.waits and not isNarrow then refused[lane] = refused[lane] + 1 end
    isRefused = true
    grants = grants .. '0'
  end
end
if missesUntil > 0 and wishCount > 0 then redis.call('HDEL', KEYS[1], 'dozing:' .. member) end
for _, lane in ipairs({ 'i', 'b' }) do adjust(lines[lane], lines[lane].waiting + refused[lane]) end
-- A line may have been evicted.
if placeCount > 0 then placeCount = #placesOf(lines.i) + #placesOf(lines.b) end
if placeCount == 0 then lines.i.turnSince, lines.b.turnSince = 0, 0 end
sequence = sequence + 1
save()

-- When the oldest starts expire, from which a caller can tell how others come free. Those change slowly: a take is told
-- only of interfaces, which have no line, and only when it matters at once.
local told = {}
for index, log in ipairs(logs) do
  local expiries = ''
  if verb ~= 'take' or (index > 1 and (isRefused or log.used >= log.capacity * 0.75)) then
    expiries = {}
    for place, at in ipairs(expiriesOf(log)) do expiries[place] = at - now end
  end
  told[index] = { log.used, expiries }
end

-- Who has not come after a while will hardly come at all: then it opens when what he started has left the window.
local isHopeful = now < gatherUntil + HOPE_MS
local opensInMs = isOpen and 0 or math.max(isHopeful and gatherUntil - now or closedUntil - now, 100)
return { 'ok', epoch, sequence, now, isOpen and 1 or 0, opensInMs, math.max(0, pausedUntil - now), grants, told,
  { describe(lines.i), describe(lines.b) }, roster, lookInMs }
