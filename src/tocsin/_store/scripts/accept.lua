-- Step 4: takes a batch of alerts. One call per batch and shard.
--
-- KEYS  1 due:urgent 2 due:normal 3 held 4 intake 5 coverage, then an alert:<identity> for each alert of the batch,
--       then view, until, seen, recent for each incident key that the batch names.
-- ARGV  1 now (time of receipt) 2 time to live of an alert's record 3 the batch (msgpack), {keys, said, alerts}:
--       keys    digests of incident keys, in the order of KEYS
--       said    what the plan says, each {rank, class, service, rto, dropped, {rules that matched}, unclassified}
--       alerts  {identity, key, joined key or 0, firing, starts, ends, until, said, truncated}; keys and what is
--               said by their place in their lists (0: none), times in ms, -1 for an absent one; until -1 for never
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

local function scores(key, identities)
  local found = {}
  for n, score in ipairs(redis.call('ZMSCORE', key, unpack(identities))) do
    found[identities[n]] = score
  end
  return found
end

local FIELDS = {'inc', 'rank', 'base', 'seq', 'firing', 'fseq', 'unseen', 'period', 'zero', 'trunc', 'mark', 'total',
  'u', 'last', 'f_at', 'f_start', 'f_rank', 'f_rto', 'f_n', 'f_classes', 'f_services'}
local keys = {}

-- An incident key: its view and sets as they were, and what is to be written.
local function key_at(place)
  local key = keys[place]
  if key then
    return key
  end
  local first = OWN + #alerts + (place - 1) * 4
  key = {digest = digests[place], view = KEYS[first + 1], changed = {}, values = {}, sets = {}}
  for n, value in ipairs(redis.call('HMGET', key.view, unpack(FIELDS))) do
    key.values[FIELDS[n]] = value
  end
  for n, name in ipairs({'until', 'seen', 'recent'}) do
    local set = KEYS[first + 1 + n]
    key.sets[name] = {key = set, was = scores(set, named[place]), put = {}}
  end
  keys[place] = key
  return key
end

local function set(key, field, value)
  key.values[field], key.changed[field] = value, value
end

local function add(key, field, by)
  set(key, field, num(key.values[field]) + by)
  return key.values[field]
end

-- Puts an identity into a set with this score, or takes it out of it (false).
local function put(in_set, identity, score)
  if score or in_set.was[identity] or in_set.put[identity] then
    in_set.put[identity] = score
  end
end

local function mark(key, is_urgent, at_once)
  add(key, 'mark', 1)
  key.marked = true
  key.is_urgent = key.is_urgent or is_urgent
  key.at_once = key.at_once or at_once
end

local function union(key, field, value)
  local old = key.values[field] or ''
  if value == '' or #old >= 4096 then
    return
  end
  if not string.find(SEPARATOR .. old .. SEPARATOR, SEPARATOR .. value .. SEPARATOR, 1, true) then
    set(key, field, old == '' and value or old .. SEPARATOR .. value)
  end
end

-- Puts an alert that fired anew into the box of what joined.
local function put_fresh(key, a, is_new)
  local values, says, decision = key.values, said[a[8]], ARGV[3 + #alerts + a[8]]
  if not values.f_at then
    set(key, 'f_at', now)
  end
  if a[5] >= 0 and (not values.f_start or a[5] < num(values.f_start)) then
    set(key, 'f_start', a[5])
  end
  if says[1] > num(values.f_rank) then
    set(key, 'f_rank', says[1])
    set(key, 'f_top', decision)
  end
  if not values.f_rto or says[4] < num(values.f_rto) then
    set(key, 'f_rto', says[4])
    set(key, 'f_quick', decision)
  end
  add(key, 'f_n', is_new and 1 or 0)
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

-- Notes until when a firing alert counts as such.
local function expect(key, a)
  if a[7] < 0 then
    local before = key.sets.seen.was[a[1]]
    put(key.sets['until'], a[1], 'inf')
    put(key.sets.seen, a[1], now)
    if before and tonumber(before) <= now - STALE then
      mark(key, false, false) -- heard of again
    end
  else
    put(key.sets['until'], a[1], a[7])
    put(key.sets.seen, a[1], false)
    if a[7] - now > num(key.values.period) then
      set(key, 'period', a[7] - now)
    end
  end
end

-- An alert that was lost from sight, and `fired_at` (a seq) before, fires or is known to have ended. Those that were
-- lost before the present firing began are not among the unseen ones. True if it was.
local function found_again(key, fired_at)
  local was_counted = num(key.values.unseen) > 0 and fired_at and tonumber(fired_at) >= num(key.values.fseq)
  if was_counted then
    add(key, 'unseen', -1)
  end
  return was_counted
end

local function fire(i, a)
  local key, rank = key_at(a[2]), said[a[8]][1]
  local seq, before = add(key, 'seq', 1), key.sets.recent.was[a[1]]
  local is_new = not before or tonumber(before) <= num(key.values.base)
  if is_new then
    add(key, 'total', 1)
  end
  put(key.sets.recent, a[1], seq)
  key.fired = true
  remember(i, a)
  expect(key, a)
  if add(key, 'firing', 1) == 1 then
    set(key, 'fseq', seq)
    set(key, 'unseen', 0)
  elseif records[i].joined == key.digest and not records[i].ended then
    found_again(key, before)
  end
  put_fresh(key, a, is_new)
  local is_first = not key.values.inc or key.values.inc == ''
  mark(key, rank >= 3, is_first or rank > num(key.values.rank))
end

-- Ends an alert: now, or at the time at which it lapsed.
local function finish(a, key, lapsed)
  put(key.sets['until'], a[1], false)
  put(key.sets.seen, a[1], false)
  add(key, 'firing', -1)
  if (lapsed or now) > num(key.values.zero) then
    set(key, 'zero', lapsed or now) -- replayed news may come after later ends
  end
  if lapsed then
    add(key, 'unseen', 1)
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
  local deadline = key.sets['until'].was[a[1]]
  if not deadline then
    return nil
  end
  if deadline == 'inf' then
    return key, nil
  end
  local at = expiry(tonumber(deadline), num(key.values.period), gap)
  return key, at <= now and at or nil
end

local function note_truncated(a, key)
  if a[9] > num(key.values.trunc) then
    set(key, 'trunc', a[9])
    set(key, 'f_trunc', a[9])
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
    expect(key, a)
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
    if found_again(was_at, was_at.sets.recent.was[a[1]]) then
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

local function write(key)
  local flat = {'v', 1}
  for field, value in pairs(key.changed) do
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  if #flat > 2 then
    redis.call('HSET', key.view, unpack(flat))
  end
  if key.fired then
    redis.call('PERSIST', key.view)
  end
  for name, in_set in pairs(key.sets) do
    local added, removed = {}, {}
    for identity, score in pairs(in_set.put) do
      if score then
        added[#added + 1] = score
        added[#added + 1] = identity
      else
        removed[#removed + 1] = identity
      end
    end
    if #added > 0 then
      redis.call('ZADD', in_set.key, unpack(added))
    end
    if #removed > 0 then
      redis.call('ZREM', in_set.key, unpack(removed))
    end
    if name == 'recent' and key.fired then
      redis.call('PERSIST', in_set.key)
    end
  end
end

local due = {}
for _, key in pairs(keys) do
  local is_urgent = key.is_urgent or key.values.u == '1'
  if key.marked and is_urgent and key.values.u ~= '1' then
    set(key, 'u', 1)
  end
  write(key)
  if key.marked and not redis.call('ZSCORE', KEYS[3], key.digest) then
    local at = key.at_once and now or math.max(now, num(key.values.last) + PACE)
    make_due(queues, key.digest, at, is_urgent)
    due[#due + 1] = key.digest
    due[#due + 1] = at
  end
end
return {0, table.concat(outcomes), due}
