-- Takes a dead letter up again, at a person's word.
--
-- KEYS  1 queue 2 sending 3 lane 4 delivery 5 stats 6 dead 7 told
-- ARGV  1 now 2 lane 3 id 4 the delivery (blob) 5 channel 6… fields of told (none for a fallback).
-- Reply the state it was in; only 'dead' is taken up.

local state = redis.call('HGET', KEYS[4], 's')
if state ~= 'dead' then
  return state or ''
end
redis.call('HSET', KEYS[4], 's', 'waiting', 'b', ARGV[4])
redis.call('RPUSH', KEYS[3], ARGV[3])
redis.call('ZREM', KEYS[6], ARGV[3])
redis.call('HINCRBY', KEYS[5], 'dead|' .. ARGV[5], -1)
redis.call('HINCRBY', KEYS[5], 'waiting|' .. ARGV[5], 1)
for i = 6, #ARGV do
  -- One more that may still accept; unless one has, or nobody asks any more.
  if tonumber(redis.call('HGET', KEYS[7], ARGV[i]) or 'x') then
    redis.call('HINCRBY', KEYS[7], ARGV[i], 1)
  end
end
if not redis.call('ZSCORE', KEYS[2], ARGV[2]) then
  redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
end
return state
