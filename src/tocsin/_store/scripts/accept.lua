-- Step 4: takes a batch of alerts. One call per batch and shard.
--
-- KEYS  1 due:urgent 2 due:normal 3 held 4 intake 5 coverage, then an alert:<identity> for each alert of the batch,
--       then view, until, seen, recent for each incident key that the batch names.
-- ARGV  1 now (time of receipt) 2 time to live of an alert's record 3 the batch (msgpack), {keys, said, alerts}:
--       keys    digests of incident keys, in the order of KEYS
--       said    what the plan says, each {rank, class, service, rto, dropped, {rules that matched}, unclassified}
--       alerts  {identity, key, joined key or 0, firing, starts, ends, until, said, truncated}; keys and what is
--               said by their place in their lists (0: none), times in ms, -1 for an absent one; until -1 for never, -2 for
--               never by a source that speaks once, so that its silence means nothing
--       then the record of each alert ('' for one that the plan drops), then the stored form of all that is said.
-- Reply {0, outcomes, {key, due at, …}}: for each alert n new, r repeated, e resolved (ended), d dropped.
--       {1, place, digest, …}: nothing was done, since alerts at these places joined other keys than the
--       caller thought: call again and name those too.
--
-- Run twice, the second run finds its own news and repeats nothing. Run late, it finds later news and stops.
-- An identity is in a batch once; so what the sets and views say is read once a batch, changed here, and written
-- once: an alert costs two calls of its own, on its record.

local now, keep = tonumber(ARGV[1]), tonumber(ARGV[2])
local batch = cmsgpack.unpack(ARGV[3])
local digests, said, alerts = batch[1], batch[2], batch[3]
local queues = {urgent = KEYS[1], normal = KEYS[2]}
local OWN = 5 -- keys before those of the batch
local LATE = 120000 -- firing news so soon after an end was received, with no later start, is late
local DAY = 24 * 3600000

-- All checks before the first write.
local records, moved = {}, {1}
for i, a in ipairs(alerts) do
  local row = redis.call('HMGET', KEYS[OWN + i], 'k', 'e', 'x', 'r', 'p', 'b')
  records[i] = {joined = row[1], ended = row[2], end_heard = row[3], heard = row[4], ended_before = row[5],
    body = row[6]}
  local joined = row[1]
  if joined and joined ~= '' and not row[2] and joined ~= digests[a[2]] and joined ~= digests[a[3]] then
    moved[#moved + 1] = i
    moved[#moved + 1] = joined
  end
end
if #moved > 1 then
  return moved
end

local gap = beat(KEYS[4], now, false)

-- The identities of the batch that each key may hold.
local named = {}
for place = 1, #digests do
  named[place] = {}
end
for _, a in ipairs(alerts) do
  local here, there = named[a[2]], named[a[3]]
  if here then
    here[#here + 1] = a[1]
  end
  if there then
    there[#there + 1] = a[1]
  end
end

local keys = {}

-- An incident key: its sets as they were, each read when it is first needed, and what is to be written.
local function key_at(place)
  local key = keys[place]
  if not key then
    key = {digest = digests[place], names = named[place], first = OWN + #alerts + (place - 1) * 4 + 1, changed = {},
      marks = 0, view = false, is_urgent = false, at_once = false, was_idle = false}
    keys[place] = key
  end
  return key
end

-- A key's view, read when it is first needed; a repeated alert does not need it. False for what it has not.
local function view_of(key)
  local view = key.view
  if not view then
    local row = redis.call('HMGET', KEYS[key.first], 'inc', 'rank', 'base', 'seq', 'firing', 'fseq', 'unseen', 'total',
      'mark', 'u', 'last', 'f_at', 'f_start', 'f_rank', 'f_rto', 'f_n', 'f_classes', 'f_services', 'zero')
    view = {inc = row[1], rank = num(row[2]), base = num(row[3]), seq = num(row[4]), firing = num(row[5]),
      fseq = num(row[6]), unseen = num(row[7]), total = num(row[8]), mark = num(row[9]), u = row[10],
      last = num(row[11]), f_at = row[12], f_start = row[13], f_rank = num(row[14]), f_rto = row[15],
      f_n = num(row[16]), f_classes = row[17], f_services = row[18], zero = num(row[19])}
    key.view = view
  end
  return view
end

-- A number of a view that is not read with the others.
local function alone(key, field)
  local found = key[field]
  if not found then
    found = num(redis.call('HGET', KEYS[key.first], field))
    key[field] = found
  end
  return found
end

local function set(key, field, value)
  view_of(key)[field] = value
  key.changed[field] = value
end

local SETS = {until_ = 1, seen = 2, recent = 3}

-- The score of an identity of the batch in one of a key's sets, before the batch.
local function score_was(key, name, identity)
  local was = key['was_' .. name]
  if not was then
    was = {}
    for n, score in ipairs(redis.call('ZMSCORE', KEYS[key.first + SETS[name]], unpack(key.names))) do
      was[key.names[n]] = score
    end
    key['was_' .. name] = was
  end
  return was[identity]
end

-- Puts an identity into one of a key's sets, or takes it out (false).
local function put(key, name, identity, score)
  if not key[name] then
    key[name] = {}
  end
  key[name][identity] = score
end

local function mark(key, is_urgent, at_once)
  key.marks = key.marks + 1
  key.is_urgent = key.is_urgent or is_urgent
  key.at_once = key.at_once or at_once
end

local function union(key, field, word)
  local old = view_of(key)[field] or ''
  if word == '' or word == old or #old >= 4096 then
    return
  end
  if not string.find(SEPARATOR .. old .. SEPARATOR, SEPARATOR .. word .. SEPARATOR, 1, true) then
    set(key, field, old == '' and word or old .. SEPARATOR .. word)
  end
end

-- Puts an alert that fired anew into the box of what joined.
local function put_fresh(key, a, is_new)
  local view, says, decision = view_of(key), said[a[8]], ARGV[3 + #alerts + a[8]]
  if not view.f_at then
    set(key, 'f_at', now)
  end
  if a[5] >= 0 and (not view.f_start or a[5] < num(view.f_start)) then
    set(key, 'f_start', a[5])
  end
  if says[1] > view.f_rank then
    set(key, 'f_rank', says[1])
    set(key, 'f_top', decision)
    set(key, 'f_topid', a[1])
  end
  if not view.f_rto or says[4] < num(view.f_rto) then
    set(key, 'f_rto', says[4])
    set(key, 'f_quick', decision)
  end
  set(key, 'f_n', view.f_n + (is_new and 1 or 0))
  union(key, 'f_classes', says[2])
  union(key, 'f_services', says[3])
end

local function remember(i, a)
  local record, name = records[i], KEYS[OWN + i]
  if record.ended then
    redis.call('HDEL', name, 'e', 'x')
    redis.call('HSET', name, 'p', record.ended)
  end
  redis.call('HSET', name, 'v', 1, 'k', digests[a[2]], 's', a[5], 'r', now, 'b', ARGV[3 + i])
  redis.call('PEXPIRE', name, keep)
end

-- Takes an alert out of those that never expire, if it is one.
local function leave_seen(key, a)
  if score_was(key, 'until_', a[1]) == 'inf' then
    put(key, 'seen', a[1], false)
  end
end

-- Notes until when a firing alert counts as such.
local function expect(key, a, is_known)
  if a[7] == -2 then
    if is_known then
      leave_seen(key, a)
    end
    put(key, 'until_', a[1], 'inf')
    return
  end
  if a[7] < 0 then
    local before = score_was(key, 'seen', a[1])
    put(key, 'until_', a[1], 'inf')
    put(key, 'seen', a[1], now)
    if before and tonumber(before) <= now - STALE then
      mark(key, false, false) -- heard of again
    end
    return
  end
  if is_known then
    leave_seen(key, a)
  end
  put(key, 'until_', a[1], a[7])
  if a[7] - now > alone(key, 'period') then
    key.period = a[7] - now
    key.changed.period = key.period
  end
end

-- An alert that was lost from sight, and `fired_at` (a seq) before, fires or is known to have ended. Those that were
-- lost before the present firing began are not among the unseen ones. True if it was.
local function found_again(key, fired_at)
  local view = view_of(key)
  local was_counted = view.unseen > 0 and fired_at and tonumber(fired_at) >= view.fseq
  if was_counted then
    set(key, 'unseen', view.unseen - 1)
  end
  return was_counted
end

local function fire(i, a)
  local key, rank = key_at(a[2]), said[a[8]][1]
  local view, before = view_of(key), score_was(key, 'recent', a[1])
  local is_new = not before or tonumber(before) <= view.base
  set(key, 'seq', view.seq + 1)
  if is_new then
    set(key, 'total', view.total + 1)
  end
  put(key, 'recent', a[1], view.seq)
  remember(i, a)
  expect(key, a, records[i].joined)
  set(key, 'firing', view.firing + 1)
  if view.firing == 1 then
    set(key, 'fseq', view.seq)
    set(key, 'unseen', 0)
  elseif records[i].joined == key.digest and not records[i].ended then
    found_again(key, before)
  end
  put_fresh(key, a, is_new)
  local is_first = not view.inc or view.inc == ''
  key.was_idle = is_first
  mark(key, rank >= 3, is_first or rank > view.rank)
end

-- Ends an alert: now, or at the time at which it lapsed.
local function finish(a, key, lapsed)
  local view = view_of(key)
  leave_seen(key, a)
  put(key, 'until_', a[1], false)
  set(key, 'firing', view.firing - 1)
  if (lapsed or now) > view.zero then
    set(key, 'zero', lapsed or now) -- replayed news may come after later ends
  end
  if lapsed then
    set(key, 'unseen', view.unseen + 1)
  end
  mark(key, false, false)
end

-- The key that an alert joined, which is one of the two that the batch names for it.
local function joined_key(i, a)
  return key_at(records[i].joined == digests[a[2]] and a[2] or a[3])
end

-- The key with which an alert fires, and when it lapsed if it did unnoticed; nil where it does not fire.
local function firing_at(i, a)
  local record = records[i]
  if not record.joined or record.joined == '' or record.ended then
    return nil
  end
  local key = joined_key(i, a)
  local deadline = score_was(key, 'until_', a[1])
  if not deadline then
    return nil
  end
  if deadline == 'inf' then
    return key, nil
  end
  local at = expiry(tonumber(deadline), alone(key, 'period'), gap)
  return key, at <= now and at or nil
end

local function note_truncated(a, key)
  if a[9] > 0 and a[9] > alone(key, 'trunc') then
    key.trunc = a[9]
    key.changed.trunc, key.changed.f_trunc = a[9], a[9]
    mark(key, false, false)
  end
end

-- Notes that an alert that fires was heard of; its record is written only where it says something else than before,
-- and lives on from the first news of each day.
local function hear(i)
  local name, body = KEYS[OWN + i], ARGV[3 + i]
  if body ~= '' and body ~= records[i].body then
    redis.call('HSET', name, 'r', now, 'b', body)
  else
    redis.call('HSET', name, 'r', now)
  end
  if math.floor(now / DAY) ~= math.floor(num(records[i].heard) / DAY) then
    redis.call('PEXPIRE', name, keep)
  end
end

local function take_firing(i, a)
  local key, lapsed = firing_at(i, a)
  if key and not lapsed then
    hear(i)
    expect(key, a, true)
    note_truncated(a, key)
    return 'r'
  end
  if key then
    finish(a, key, lapsed)
  end
  local ended = records[i].ended
  if ended and a[5] >= 0 and a[5] <= tonumber(ended) and now - tonumber(records[i].end_heard) < LATE then
    return 'r'
  end
  if said[a[8]][5] == 1 then
    return 'd'
  end
  fire(i, a)
  note_truncated(a, key_at(a[2]))
  return 'n'
end

local function take_resolved(i, a)
  local record, name = records[i], KEYS[OWN + i]
  if a[6] <= math.max(num(record.ended), num(record.ended_before)) then
    -- An end that is known: a source repeats it for a while, and one of a pair may do so while the other fires.
    redis.call('HSET', name, 'r', now)
    return 'r'
  end
  local key = firing_at(i, a)
  if not key and said[a[8]][5] == 1 and not record.joined then
    return 'd'
  end
  if key then
    finish(a, key, nil)
  elseif record.joined and record.joined ~= '' and not record.ended then
    -- Lost from sight before, and now known to have ended.
    local was_at = joined_key(i, a)
    if found_again(was_at, score_was(was_at, 'recent', a[1])) then
      mark(was_at, false, false)
    end
  end
  redis.call('HSET', name, 'v', 1, 'k', record.joined or '', 'e', a[6], 'x', now, 'r', now)
  if key and ARGV[3 + i] ~= '' then
    redis.call('HSET', name, 'b', ARGV[3 + i])
  end
  redis.call('PEXPIRE', name, math.min(keep, 2 * DAY))
  return key and 'e' or 'r'
end

local outcomes, counted = {}, {}
for i, a in ipairs(alerts) do
  local outcome
  if records[i].heard and tonumber(records[i].heard) > now then
    outcome = 'r' -- older news than what is known
  elseif a[4] == 1 then
    outcome = take_firing(i, a)
  else
    outcome = take_resolved(i, a)
  end
  outcomes[i] = outcome
  if outcome == 'n' or outcome == 'd' then
    counted[a[8]] = (counted[a[8]] or 0) + 1
  end
end

-- Which rules matched how often, and when last: of alerts that fired anew, and of each post of a dropped one.
redis.call('HSETNX', KEYS[5], 'since', now)
for n, count in pairs(counted) do
  redis.call('HINCRBY', KEYS[5], said[n][5] == 1 and 'dropped' or 'alerts', count)
  if said[n][7] == 1 then
    redis.call('HINCRBY', KEYS[5], 'unclassified', count)
  end
  for _, rule in ipairs(said[n][6]) do
    redis.call('HINCRBY', KEYS[5], 'n|' .. rule, count)
    redis.call('HSET', KEYS[5], 't|' .. rule, now)
  end
end

local function write_set(name, scores)
  local added, removed = {}, {}
  for identity, score in pairs(scores) do
    if score then
      added[#added + 1] = score
      added[#added + 1] = identity
    else
      removed[#removed + 1] = identity
    end
  end
  if #added > 0 then
    redis.call('ZADD', name, unpack(added))
  end
  if #removed > 0 then
    redis.call('ZREM', name, unpack(removed))
  end
end

local function write(key)
  local flat = {'v', 1}
  for field, to in pairs(key.changed) do
    flat[#flat + 1] = field
    flat[#flat + 1] = to
  end
  if #flat > 2 then
    redis.call('HSET', KEYS[key.first], unpack(flat))
  end
  for name, place in pairs(SETS) do
    if key[name] then
      write_set(KEYS[key.first + place], key[name])
    end
  end
  if key.was_idle then
    redis.call('PERSIST', KEYS[key.first])
    redis.call('PERSIST', KEYS[key.first + SETS.recent])
  end
end

local due = {}
for _, key in pairs(keys) do
  if key.marks == 0 then
    write(key)
  else
    local view = view_of(key)
    local is_urgent = key.is_urgent or view.u == '1'
    set(key, 'mark', view.mark + key.marks)
    if is_urgent and view.u ~= '1' then
      set(key, 'u', 1)
    end
    write(key)
    if not redis.call('ZSCORE', KEYS[3], key.digest) then
      local at = key.at_once and now or math.max(now, view.last + PACE)
      make_due(queues, key.digest, at, is_urgent)
      due[#due + 1] = key.digest
      due[#due + 1] = at
    end
  end
end
return {0, table.concat(outcomes), due}
