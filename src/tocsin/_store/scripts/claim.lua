-- Step 5, first half: claims due incident keys under a lease.
--
-- KEYS  1 due:urgent 2 due:normal 3 held 4 leases 5 tries 6 aside 7 intake,
--       then view, until, seen, recent for each candidate.
-- ARGV  1 now 2 end of the lease 3 token 4 tries before a key is set aside 5 how long it then rests
--       6 how many of the newest alerts to name, 7… the candidates (digests).
-- Reply {expired, aside, claimed}: expired {source, count, …}; aside {digest, …};
--       claimed {{digest, tries, view, newest}, …}: view a flat hash, with `later` beside its fields: how
--       many alerts fired since the last commit, which are those of the next incident, if one opens now;
--       newest {identity, 1 if it fires, …} of the present incident and of those.
--
-- A candidate that is no longer due is passed over. One that was due only because an alert could expire,
-- which was renewed meanwhile, is put back here: no load, no commit.

local now, lease, token = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local patience, rest, newest = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local queues = {urgent = KEYS[1], normal = KEYS[2]}
local gap = beat(KEYS[7], now, true)
local expired, aside, claimed = {}, {}, {}
local ENDED_KEPT = 1000
local BOUND = 500 -- how many alerts one claim expires at most; the next one goes on

local function due_at(digest)
  local ends = redis.call('ZSCORE', KEYS[3], digest)
  if ends then
    return tonumber(ends), true
  end
  local at = redis.call('ZSCORE', KEYS[1], digest) or redis.call('ZSCORE', KEYS[2], digest)
  return at and tonumber(at), false
end

-- Ends alerts whose time ran out without a resolution.
local function expire(view, until_key)
  local period = num(redis.call('HGET', view, 'period'))
  local gone = 0
  local lapsed = redis.call('ZRANGEBYSCORE', until_key, '-inf', now, 'WITHSCORES', 'LIMIT', 0, BOUND)
  for i = 1, #lapsed, 2 do
    local at = expiry(tonumber(lapsed[i + 1]), period, gap)
    if at > now then
      break -- the later ones have not lapsed either
    end
    note_end(view, at)
    redis.call('ZREM', until_key, lapsed[i])
    local source = string.match(lapsed[i], '^(.*):')
    expired[source] = (expired[source] or 0) + 1
    gone = gone + 1
  end
  if gone > 0 then
    redis.call('HINCRBY', view, 'unseen', gone)
    redis.call('HINCRBY', view, 'mark', 1)
    redis.call('HINCRBY', view, 'firing', -gone)
  end
end

-- Forgets the oldest of the ended alerts beyond the newest thousand; they stay counted. The old ones may stand
-- behind any number that still fire, so it walks past those, and only once it is worth it.
local function forget(until_key, recent)
  local surplus = redis.call('ZCARD', recent) - redis.call('ZCARD', until_key) - ENDED_KEPT
  if surplus < BOUND then
    return
  end
  local passed = 0
  while surplus > 0 do
    local oldest = redis.call('ZRANGE', recent, passed, passed + BOUND - 1)
    if #oldest == 0 then
      return
    end
    for _, identity in ipairs(oldest) do
      if surplus <= 0 or redis.call('ZSCORE', until_key, identity) then
        passed = passed + 1
      else
        redis.call('ZREM', recent, identity)
        surplus = surplus - 1
      end
    end
  end
end

local function join(old, new)
  if not old or old == '' then
    return new or ''
  end
  for value in string.gmatch(new or '', '[^' .. SEPARATOR .. ']+') do
    if not string.find(SEPARATOR .. old .. SEPARATOR, SEPARATOR .. value .. SEPARATOR, 1, true) then
      old = old .. SEPARATOR .. value
    end
  end
  return old
end

-- Empties the fresh box into the taken one, which is not empty if an earlier claim never committed.
local function take(view)
  local truncated = redis.call('HGET', view, 'f_trunc')
  if truncated then
    redis.call('HSET', view, 't_trunc', truncated)
    redis.call('HDEL', view, 'f_trunc')
  end
  local f = redis.call('HMGET', view, 'f_at', 'f_start', 'f_rank', 'f_top', 'f_rto', 'f_n', 'f_classes', 'f_services',
    'f_quick', 'f_topid')
  if not f[1] then
    return
  end
  local t = redis.call('HMGET', view, 't_at', 't_start', 't_rank', 't_rto', 't_n', 't_classes', 't_services')
  if not t[1] then
    redis.call('HSET', view, 't_at', f[1])
  end
  if f[2] and (not t[2] or num(f[2]) < num(t[2])) then
    redis.call('HSET', view, 't_start', f[2])
  end
  if num(f[3]) > num(t[3]) then
    redis.call('HSET', view, 't_rank', f[3], 't_top', f[4], 't_topid', f[10])
  end
  if not t[4] or num(f[5]) < num(t[4]) then
    redis.call('HSET', view, 't_rto', f[5], 't_quick', f[9])
  end
  redis.call('HSET', view, 't_n', num(t[5]) + num(f[6]),
    't_classes', join(t[6], f[7]), 't_services', join(t[7], f[8]))
  redis.call('HDEL', view, 'f_at', 'f_start', 'f_rank', 'f_top', 'f_topid', 'f_rto', 'f_quick', 'f_n', 'f_classes',
    'f_services')
end

-- Puts back a key that was due for an expiry only; true if it did.
local function put_back(digest, view, until_key, seen)
  local row = redis.call('HMGET', view, 'mark', 'done', 'clock', 'period', 'u', 'stale')
  if num(row[1]) ~= num(row[2]) or num(row[6]) ~= count_stale(seen, now) then
    return false
  end
  local at = next_expiry(until_key, seen, num(row[4]), gap, now)
  local clock = row[3] and tonumber(row[3])
  if clock and (not at or clock < at) then
    at = clock
  end
  if not at or at <= now then
    return false
  end
  redis.call('ZREM', queues.urgent, digest)
  redis.call('ZREM', queues.normal, digest)
  make_due(queues, digest, at, row[5] == '1')
  return true
end

local function newest_of(view, until_key, recent)
  local names = {}
  local since = '(' .. num(redis.call('HGET', view, 'base'))
  for _, identity in ipairs(redis.call('ZREVRANGEBYSCORE', recent, '+inf', since, 'LIMIT', 0, newest)) do
    names[#names + 1] = identity
    names[#names + 1] = redis.call('ZSCORE', until_key, identity) and 1 or 0
  end
  return names
end

for i = 7, #ARGV do
  local digest = ARGV[i]
  local first = 7 + (i - 7) * 4
  local view, until_key, seen, recent = KEYS[first + 1], KEYS[first + 2], KEYS[first + 3], KEYS[first + 4]
  local at, was_held = due_at(digest)
  if at and at <= now then
    expire(view, until_key)
    if was_held or not put_back(digest, view, until_key, seen) then
      redis.call('ZREM', queues.urgent, digest)
      redis.call('ZREM', queues.normal, digest)
      local tries = redis.call('HINCRBY', KEYS[5], digest, 1)
      if tries > patience and not redis.call('ZSCORE', KEYS[6], digest) then
        redis.call('ZREM', KEYS[3], digest)
        redis.call('HDEL', KEYS[4], digest)
        redis.call('ZADD', KEYS[6], now, digest)
        redis.call('ZADD', queues.normal, now + rest, digest)
        aside[#aside + 1] = digest
      else
        forget(until_key, recent)
        take(view)
        redis.call('ZADD', KEYS[3], lease, digest)
        redis.call('HSET', KEYS[4], digest, token)
        redis.call('HSET', view, 'stale', count_stale(seen, now))
        local fields = redis.call('HGETALL', view)
        fields[#fields + 1] = 'later'
        fields[#fields + 1] = redis.call('ZCOUNT', recent, '(' .. num(redis.call('HGET', view, 'cseq')), '+inf')
        claimed[#claimed + 1] = {digest, tries, fields, newest_of(view, until_key, recent)}
      end
    end
  end
end

local counts = {}
for source, count in pairs(expired) do
  counts[#counts + 1] = source
  counts[#counts + 1] = count
end
return {counts, aside, claimed}
