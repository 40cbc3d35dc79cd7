-- Step 7, second half: records how a try to send ended.
--
-- KEYS  1 queue 2 sending 3 tokens 4 lane 5 delivery 6 stats 7 told 8 dead 9 due:urgent 10 due:normal 11 held 12 view
--       13 threads
-- ARGV  1 now 2 lane 3 token 4 id 5 result: accepted, retry, dead, or released (not tried: the lease is given back)
--       6 the delivery (blob) 7 due again at 8 channel 9 digest of the incident key
--       10 1: counts for what the group was told (a fallback does not)
--       11 the thread that later messages follow, '' for none 12… fields of told, one for each group.
-- Reply 'ok', 'lost' (a failure that is not ours to record) or 'done' (it had been accepted, or is gone with its
-- incident).
--
-- Success is recorded whoever reports it, since the message is out; failure only by the lease's holder.

local now, lane, token, id, result = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local channel = ARGV[8]
local is_ours = redis.call('HGET', KEYS[3], lane) == token
local state = redis.call('HGET', KEYS[5], 's')

local function leave()
  if is_ours then
    redis.call('ZREM', KEYS[2], lane)
    redis.call('HDEL', KEYS[3], lane)
  end
end

local function go_on(at)
  if redis.call('LLEN', KEYS[4]) == 0 then
    redis.call('ZREM', KEYS[1], lane)
  elseif is_ours or not redis.call('ZSCORE', KEYS[2], lane) then
    redis.call('ZADD', KEYS[1], at, lane)
  end
end

if state == 'accepted' or not state then
  leave()
  redis.call('LREM', KEYS[4], 1, id)
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
if result == 'retry' then
  redis.call('HSET', KEYS[5], 'b', ARGV[6])
  go_on(tonumber(ARGV[7]))
  return 'ok'
end

redis.call('LREM', KEYS[4], 1, id)
redis.call('HSET', KEYS[5], 'v', 1, 's', result, 'b', ARGV[6])
if state == 'waiting' then
  redis.call('HINCRBY', KEYS[6], 'waiting|' .. channel, -1)
end
if state == 'dead' then
  redis.call('ZREM', KEYS[8], id)
  redis.call('HINCRBY', KEYS[6], 'dead|' .. channel, -1)
end
local all_failed = false
if result == 'accepted' then
  redis.call('HSET', KEYS[6], 'success|' .. channel, now)
  if ARGV[11] ~= '' then
    redis.call('HSET', KEYS[13], channel, ARGV[11])
  end
  for i = 12, #ARGV do
    redis.call('HSET', KEYS[7], ARGV[i], 'accepted')
  end
else
  redis.call('ZADD', KEYS[8], now, id)
  redis.call('HINCRBY', KEYS[6], 'dead|' .. channel, 1)
  for i = 12, #ARGV do
    local left = tonumber(redis.call('HGET', KEYS[7], ARGV[i]) or 'x')
    if left and ARGV[10] == '1' then
      all_failed = redis.call('HINCRBY', KEYS[7], ARGV[i], -1) <= 0 or all_failed
    end
  end
end
go_on(now)
if all_failed and redis.call('EXISTS', KEYS[12]) == 1 then
  redis.call('HINCRBY', KEYS[12], 'mark', 1)
  if not redis.call('ZSCORE', KEYS[11], ARGV[9]) then
    make_due({urgent = KEYS[9], normal = KEYS[10]}, ARGV[9], now, redis.call('HGET', KEYS[12], 'u') == '1')
  end
end
return 'ok'
