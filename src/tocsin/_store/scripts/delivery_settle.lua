-- Step 7, second half: records how a try to send ended.
--
-- KEYS  1 to 4 queues (digest, low, medium, high) 5 sending 6 tokens 7 ranks 8 lane 9 delivery 10 stats 11 told 12 dead
--       13 due:urgent 14 due:normal 15 held 16 view 17 threads 18 health
-- ARGV  1 now 2 lane 3 token 4 id 5 result: accepted, retry, dead, or released (not tried: the lease is given back)
--       6 the delivery (blob) 7 due again at 8 channel 9 digest of the incident key
--       10 1: counts for what the group was told (a fallback does not)
--       11 the thread that later messages follow, '' for none 12 the error, '' for none
--       13… fields of told, one for each group.
-- Reply 'ok', 'lost' (a failure that is not ours to record) or 'done' (it had been accepted, or is gone with its
-- incident).
--
-- Success is recorded whoever reports it, since the message is out; failure only by the lease's holder.

local now, lane, token, id, result = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local channel = ARGV[8]
local is_ours = redis.call('HGET', KEYS[6], lane) == token
local state = redis.call('HGET', KEYS[9], 's')

local function leave()
  if is_ours then
    redis.call('ZREM', KEYS[5], lane)
    redis.call('HDEL', KEYS[6], lane)
  end
end

local rank = num(redis.call('HGET', KEYS[7], lane))

local function go_on(at)
  if redis.call('LLEN', KEYS[8]) == 0 then
    redis.call('ZREM', KEYS[rank + 1], lane)
    redis.call('HDEL', KEYS[7], lane)
  elseif is_ours or not redis.call('ZSCORE', KEYS[5], lane) then
    redis.call('ZADD', KEYS[rank + 1], at, lane)
  end
end

if state == 'accepted' or not state then
  leave()
  redis.call('LREM', KEYS[8], 1, id)
  go_on(now)
  return 'done'
end
if result ~= 'accepted' and not is_ours then
  return 'lost'
end

leave()
if result == 'released' then
  go_on(now)
  return 'ok'
end
if result == 'accepted' then
  redis.call('HDEL', KEYS[18], 'since|' .. channel, 'refused|' .. channel, 'error|' .. channel)
else
  redis.call('HSETNX', KEYS[18], 'since|' .. channel, now)
  redis.call('HSET', KEYS[18], 'error|' .. channel, ARGV[12])
end
if result == 'retry' then
  redis.call('HSET', KEYS[9], 'b', ARGV[6])
  go_on(tonumber(ARGV[7]))
  return 'ok'
end

redis.call('LREM', KEYS[8], 1, id)
redis.call('HSET', KEYS[9], 'v', 1, 's', result, 'b', ARGV[6])
if state == 'waiting' then
  redis.call('HINCRBY', KEYS[10], 'waiting|' .. channel, -1)
end
if state == 'dead' then
  redis.call('ZREM', KEYS[12], id)
  redis.call('HINCRBY', KEYS[10], 'dead|' .. channel, -1)
end
local all_failed = false
if result == 'accepted' then
  redis.call('HSET', KEYS[10], 'success|' .. channel, now)
  if ARGV[11] ~= '' then
    redis.call('HSET', KEYS[17], channel, ARGV[11])
  end
  for i = 13, #ARGV do
    redis.call('HSET', KEYS[11], ARGV[i], 'accepted')
  end
else
  redis.call('HINCRBY', KEYS[18], 'refused|' .. channel, 1)
  redis.call('ZADD', KEYS[12], now, id)
  redis.call('HINCRBY', KEYS[10], 'dead|' .. channel, 1)
  for i = 13, #ARGV do
    local left = tonumber(redis.call('HGET', KEYS[11], ARGV[i]) or 'x')
    if left and ARGV[10] == '1' then
      all_failed = redis.call('HINCRBY', KEYS[11], ARGV[i], -1) <= 0 or all_failed
    end
  end
end
go_on(now)
if all_failed and redis.call('EXISTS', KEYS[16]) == 1 then
  redis.call('HINCRBY', KEYS[16], 'mark', 1)
  if not redis.call('ZSCORE', KEYS[15], ARGV[9]) then
    make_due({urgent = KEYS[13], normal = KEYS[14]}, ARGV[9], now, redis.call('HGET', KEYS[16], 'u') == '1')
  end
end
return 'ok'
