-- Step 5, second half: writes what was decided about a key, and gives back its lease.
--
-- KEYS  1 due:urgent 2 due:normal 3 held 4 leases 5 tries 6 aside 7 intake 8 view 9 until 10 seen 11 recent
--       12 active 13 closed 14 closed-at 15 deliveries 16 channels 17 stats 18 compact, then those that ARGV names by place.
-- ARGV  1 now 2 the commit (msgpack), a map, then the stored values that it names by place:
--       digest, token, rev, mark, seq: as claimed      rank, inc, clock (-1: none), prev: for the view
--       opened: an incident was opened                 keep: ms that an idle view is kept
--       stats: {{field, by}, …}
--       incidents: {{key place, id, value place, is new, order in the index, closed at or -1}, …}
--       timeline: {{key place, value place}, …}        notices: {{key place, value place}, …}, explanations among them
--       told: {{key place, field, count}, …}
--       deliveries: {{key place, id, value place, lane key place, lane, {queue place, …}, sending place, channel,
--                     of-incident place, ranks place, rank, due at}, …}
-- Reply 'ok', or 'lost' (the lease is another's), 'stale' (load again), 'taken' (an id is in use).
--
-- Run twice, the second run finds its lease gone.

local now = tonumber(ARGV[1])
local c = cmsgpack.unpack(ARGV[2])
local view = KEYS[8]

if redis.call('HGET', KEYS[4], c.digest) ~= c.token then
  return 'lost'
end
if num(redis.call('HGET', view, 'rev')) ~= c.rev then
  return 'stale'
end
for _, incident in ipairs(c.incidents) do
  if incident[4] and redis.call('EXISTS', KEYS[incident[1]]) == 1 then
    return 'taken'
  end
  if not incident[4] and redis.call('GETRANGE', KEYS[incident[1]], 1, 1) == '\193' then
    return 'stale' -- compacted since it was loaded: its record is complete
  end
end

local function write_incident(place, id, value, order, closed_at)
  redis.call('SET', KEYS[place], ARGV[value])
  if closed_at < 0 then
    redis.call('ZADD', KEYS[12], order, id)
    redis.call('ZREM', KEYS[13], id) -- it may have been closed, and taken up again
    redis.call('ZREM', KEYS[14], id)
    redis.call('ZREM', KEYS[18], id)
    return
  end
  redis.call('ZREM', KEYS[12], id)
  redis.call('ZADD', KEYS[13], order, id)
  redis.call('ZADD', KEYS[14], closed_at, id)
  redis.call('ZADD', KEYS[18], now + c.keep, id)
end

for _, incident in ipairs(c.incidents) do
  write_incident(incident[1], incident[2], incident[3], incident[5], incident[6])
end
for _, entry in ipairs(c.timeline) do
  redis.call('RPUSH', KEYS[entry[1]], ARGV[entry[2]])
end
for _, notice in ipairs(c.notices) do
  redis.call('SET', KEYS[notice[1]], ARGV[notice[2]])
end
for _, told in ipairs(c.told) do
  redis.call('HSETNX', KEYS[told[1]], told[2], told[3])
end
for _, d in ipairs(c.deliveries) do
  if redis.call('EXISTS', KEYS[d[1]]) == 0 then
    redis.call('HSET', KEYS[d[1]], 'v', 1, 's', 'waiting', 'b', ARGV[d[3]])
    redis.call('RPUSH', KEYS[d[4]], d[2])
    local q = d[6]
    enqueue({KEYS[q[1]], KEYS[q[2]], KEYS[q[3]], KEYS[q[4]]}, KEYS[d[10]], KEYS[d[7]], d[5], d[11], d[12])
    redis.call('ZADD', KEYS[15], now, d[2])
    redis.call('SADD', KEYS[16], d[8])
    redis.call('RPUSH', KEYS[d[9]], d[2])
    redis.call('HINCRBY', KEYS[17], 'waiting|' .. d[8], 1)
  end
end
for _, stat in ipairs(c.stats) do
  redis.call('HINCRBYFLOAT', KEYS[17], stat[1], stat[2])
end

if c.opened then
  redis.call('HDEL', view, 'trunc')
  local base = num(redis.call('HGET', view, 'cseq'))
  redis.call('HSET', view, 'base', base, 'total', redis.call('ZCOUNT', KEYS[11], '(' .. base, '+inf'))
  if redis.call('HEXISTS', view, 'f_n') == 1 then
    -- What fired since the claim was measured by the incident before; it has joined this one.
    redis.call('HSET', view, 'f_n', redis.call('ZCOUNT', KEYS[11], '(' .. c.seq, '+inf'))
  end
end
redis.call('HSET', view, 'v', 1, 'rev', c.rev + 1, 'done', c.mark, 'cseq', c.seq, 'rank', c.rank, 'inc', c.inc,
  'last', now, 'prev', c.prev)
redis.call('HDEL', view, 't_at', 't_start', 't_rank', 't_top', 't_topid', 't_rto', 't_quick', 't_n', 't_classes', 't_services',
  't_trunc')
if c.clock < 0 then
  redis.call('HDEL', view, 'clock')
else
  redis.call('HSET', view, 'clock', c.clock)
end
redis.call('HDEL', KEYS[5], c.digest)
redis.call('ZREM', KEYS[6], c.digest)
redis.call('ZREM', KEYS[3], c.digest)
redis.call('HDEL', KEYS[4], c.digest)

local row = redis.call('HMGET', view, 'mark', 'period', 'u', 'f_rank')
local is_urgent = row[3] == '1'
local at
if num(row[1]) ~= c.mark then
  at = now + PACE
  if num(row[4]) > c.rank then
    at = now
  end
else
  local gap = beat(KEYS[7], now, true)
  at = next_expiry(KEYS[9], KEYS[10], num(row[2]), gap, now)
  if c.clock >= 0 and (not at or c.clock < at) then
    at = c.clock
  end
end
if at then
  make_due({urgent = KEYS[1], normal = KEYS[2]}, c.digest, at, is_urgent)
elseif c.inc == '' then
  redis.call('HDEL', view, 'u', 'trunc', 'period')
  redis.call('PEXPIRE', view, c.keep)
  redis.call('PEXPIRE', KEYS[11], c.keep)
end
return 'ok'
