-- Step 4: takes a batch of alerts. One call per batch and shard.
--
-- KEYS  1 due:urgent 2 due:normal 3 held 4 intake, then an alert:<identity> for each alert of the batch,
--       then view, until, seen, recent for each incident key that the batch names.
-- ARGV  1 now (time of receipt) 2 time to live of an alert's record, then after 3 the record of each alert
--       ('' for one that the plan drops); 3 the batch (msgpack), {keys, alerts}:
--       keys    digests of incident keys, in the order of KEYS
--       alerts  {identity, key, joined key or 0, firing, starts, ends, until, rank, class, service,
--                rto, truncated, dropped}; keys by their place in `keys` (0: none), times in ms,
--                -1 for an absent one; until -1 for never
-- Reply {0, outcomes, {key, due at, …}}: for each alert n new, r repeated, e resolved (ended), d dropped.
--       {1, place, digest, …}: nothing was done, since alerts at these places joined other keys than the
--       caller thought: call again and name those too.
--
-- Run twice, the second run finds its own news and repeats nothing. Run late, it finds later news and stops.

local now = tonumber(ARGV[1])
local keep = ARGV[2]
local batch = cmsgpack.unpack(ARGV[3])
local digests, alerts = batch[1], batch[2]
local queues = {urgent = KEYS[1], normal = KEYS[2]}
local LATE = 120000 -- firing news so soon after an end was received, with no later start, is late

local function keys_of(place)
  local first = 4 + #alerts + (place - 1) * 4
  return KEYS[first + 1], KEYS[first + 2], KEYS[first + 3], KEYS[first + 4]
end

-- All checks before the first write.
local records, moved = {}, {1}
for i, a in ipairs(alerts) do
  local row = redis.call('HMGET', KEYS[4 + i], 'k', 'e', 'x', 'r', 'p')
  records[i] = row
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
local marked = {}

local function mark(place, is_urgent, at_once)
  local view = keys_of(place)
  redis.call('HINCRBY', view, 'mark', 1)
  local m = marked[place] or {}
  m.urgent = m.urgent or is_urgent
  m.at_once = m.at_once or at_once
  marked[place] = m
end

local function union(view, field, value)
  if value == '' then
    return
  end
  local old = redis.call('HGET', view, field) or ''
  if not string.find(SEPARATOR .. old .. SEPARATOR, SEPARATOR .. value .. SEPARATOR, 1, true) then
    if old ~= '' then
      old = old .. SEPARATOR
    end
    if #old < 4096 then
      redis.call('HSET', view, field, old .. value)
    end
  end
end

-- Puts an alert that fired anew into the box of what joined.
local function put_fresh(view, i, a, is_new)
  local row = redis.call('HMGET', view, 'f_at', 'f_start', 'f_rank', 'f_rto', 'f_n')
  if not row[1] then
    redis.call('HSET', view, 'f_at', now)
  end
  if a[5] >= 0 and (not row[2] or a[5] < num(row[2])) then
    redis.call('HSET', view, 'f_start', a[5])
  end
  if a[8] > num(row[3]) then
    redis.call('HSET', view, 'f_rank', a[8], 'f_top', ARGV[3 + i])
  end
  if not row[4] or a[11] < num(row[4]) then
    redis.call('HSET', view, 'f_rto', a[11])
  end
  redis.call('HSET', view, 'f_n', num(row[5]) + (is_new and 1 or 0))
  union(view, 'f_classes', a[9])
  union(view, 'f_services', a[10])
end

local function remember(i, a, place)
  local key = KEYS[4 + i]
  if records[i][2] then
    redis.call('HSET', key, 'p', records[i][2])
  end
  redis.call('HDEL', key, 'e', 'x')
  redis.call('HSET', key, 'v', 1, 'k', digests[place], 's', a[5], 'r', now, 'b', ARGV[3 + i])
  redis.call('PEXPIRE', key, keep)
end

local function expect(place, a)
  local view, until_key, seen = keys_of(place)
  if a[7] < 0 then
    local before = redis.call('ZSCORE', seen, a[1])
    redis.call('ZADD', until_key, 'inf', a[1])
    redis.call('ZADD', seen, now, a[1])
    if before and tonumber(before) <= now - STALE then
      mark(place, false, false) -- heard of again
    end
  else
    redis.call('ZADD', until_key, a[7], a[1])
    redis.call('ZREM', seen, a[1])
    if a[7] - now > num(redis.call('HGET', view, 'period')) then
      redis.call('HSET', view, 'period', a[7] - now)
    end
  end
end

-- An alert that was lost from sight, and `fired_at` (a seq) before, fires or is known to have ended. Those that were
-- lost before the present firing began are not among the unseen ones. True if it was.
local function found_again(view, fired_at)
  local row = redis.call('HMGET', view, 'fseq', 'unseen')
  local was_counted = num(row[2]) > 0 and fired_at and tonumber(fired_at) >= num(row[1])
  if was_counted then
    redis.call('HINCRBY', view, 'unseen', -1)
  end
  return was_counted
end

local function fire(i, a)
  local view, until_key, seen, recent = keys_of(a[2])
  local known = redis.call('HMGET', view, 'base', 'rank', 'inc', 'firing')
  redis.call('HSET', view, 'v', 1)
  local seq = redis.call('HINCRBY', view, 'seq', 1)
  local before = redis.call('ZSCORE', recent, a[1])
  local is_new = not before or tonumber(before) <= num(known[1])
  if is_new then
    redis.call('HINCRBY', view, 'total', 1)
  end
  redis.call('ZADD', recent, seq, a[1])
  redis.call('PERSIST', view)
  redis.call('PERSIST', recent)
  remember(i, a, a[2])
  expect(a[2], a)
  if redis.call('HINCRBY', view, 'firing', 1) == 1 then
    redis.call('HSET', view, 'fseq', seq, 'unseen', 0)
  elseif records[i][1] == digests[a[2]] and not records[i][2] then
    found_again(view, before)
  end
  put_fresh(view, i, a, is_new)
  local is_first = not known[3] or known[3] == ''
  mark(a[2], a[8] >= 3, is_first or a[8] > num(known[2]))
end

-- Ends an alert: now, or at the time at which it lapsed.
local function finish(a, place, lapsed)
  local view, until_key, seen = keys_of(place)
  redis.call('ZREM', until_key, a[1])
  redis.call('ZREM', seen, a[1])
  redis.call('HINCRBY', view, 'firing', -1)
  note_end(view, lapsed or now)
  if lapsed then
    redis.call('HINCRBY', view, 'unseen', 1)
  end
  mark(place, false, false)
end

-- The place of the key with which an alert fires, and when it lapsed if it did unnoticed; nil where it does not fire.
local function firing_at(i, a)
  local joined = records[i][1]
  if not joined or joined == '' or records[i][2] then
    return nil
  end
  local place = (joined == digests[a[2]]) and a[2] or a[3]
  local view, until_key = keys_of(place)
  local deadline = redis.call('ZSCORE', until_key, a[1])
  if not deadline then
    return nil
  end
  if deadline == 'inf' then
    return place, nil
  end
  local at = expiry(tonumber(deadline), num(redis.call('HGET', view, 'period')), gap)
  return place, at <= now and at or nil
end

local function note_truncated(a, place)
  local view = keys_of(place)
  if a[12] > num(redis.call('HGET', view, 'trunc')) then
    redis.call('HSET', view, 'trunc', a[12], 'f_trunc', a[12])
    mark(place, false, false)
  end
end

local function take_firing(i, a)
  local place, lapsed = firing_at(i, a)
  if place and not lapsed then
    redis.call('HSET', KEYS[4 + i], 'r', now)
    if ARGV[3 + i] ~= '' then
      redis.call('HSET', KEYS[4 + i], 'b', ARGV[3 + i])
    end
    redis.call('PEXPIRE', KEYS[4 + i], keep)
    expect(place, a)
    note_truncated(a, place)
    return 'r'
  end
  if place then
    finish(a, place, lapsed)
  end
  local ended, received = records[i][2], records[i][3]
  if ended and a[5] >= 0 and a[5] <= tonumber(ended) and now - tonumber(received) < LATE then
    return 'r'
  end
  if a[13] == 1 then
    return 'd'
  end
  fire(i, a)
  note_truncated(a, a[2])
  return 'n'
end

local function take_resolved(i, a)
  local joined = records[i][1]
  if a[6] <= math.max(num(records[i][2]), num(records[i][5])) then
    -- An end that is known: a source repeats it for a while, and one of a pair may do so while the other fires.
    redis.call('HSET', KEYS[4 + i], 'r', now)
    return 'r'
  end
  local place = firing_at(i, a)
  if not place and a[13] == 1 and not joined then
    return 'd'
  end
  if place then
    finish(a, place, nil)
  elseif joined and joined ~= '' and not records[i][2] then
    -- Lost from sight before, and now known to have ended.
    local was_at = (joined == digests[a[2]]) and a[2] or a[3]
    local view, _, _, recent = keys_of(was_at)
    if found_again(view, redis.call('ZSCORE', recent, a[1])) then
      mark(was_at, false, false)
    end
  end
  redis.call('HSET', KEYS[4 + i], 'v', 1, 'k', joined or '', 'e', a[6], 'x', now, 'r', now)
  if place and ARGV[3 + i] ~= '' then
    redis.call('HSET', KEYS[4 + i], 'b', ARGV[3 + i])
  end
  redis.call('PEXPIRE', KEYS[4 + i], math.min(tonumber(keep), 2 * 24 * 3600000))
  return place and 'e' or 'r'
end

local outcomes = {}
for i, a in ipairs(alerts) do
  if records[i][4] and tonumber(records[i][4]) > now then
    outcomes[i] = 'r' -- older news than what is known
  elseif a[4] == 1 then
    outcomes[i] = take_firing(i, a)
  else
    outcomes[i] = take_resolved(i, a)
  end
end

local due = {}
for place, m in pairs(marked) do
  local view = keys_of(place)
  local row = redis.call('HMGET', view, 'u', 'last')
  local is_urgent = m.urgent or row[1] == '1'
  if is_urgent and row[1] ~= '1' then
    redis.call('HSET', view, 'u', 1)
  end
  if not redis.call('ZSCORE', KEYS[3], digests[place]) then
    local at = now
    if not m.at_once then
      at = math.max(now, num(row[2]) + PACE)
    end
    make_due(queues, digests[place], at, is_urgent)
    due[#due + 1] = digests[place]
    due[#due + 1] = at
  end
end
return {0, table.concat(outcomes), due}
