-- Takes a dead letter up again, at a person's word.
--
-- KEYS  1 to 4 queues (digest, low, medium, high) 5 sending 6 ranks 7 lane 8 delivery 9 stats 10 dead 11 told
-- ARGV  1 now 2 lane 3 id 4 the delivery (blob) 5 channel 6 rank of its queue 7… fields of told (none for a fallback).
-- Reply the state it was in; only 'dead' is taken up.

local state = redis.call('HGET', KEYS[8], 's')
if state ~= 'dead' then
  return state or ''
end
redis.call('HSET', KEYS[8], 's', 'waiting', 'b', ARGV[4])
redis.call('RPUSH', KEYS[7], ARGV[3])
redis.call('ZREM', KEYS[10], ARGV[3])
redis.call('HINCRBY', KEYS[9], 'dead|' .. ARGV[5], -1)
redis.call('HINCRBY', KEYS[9], 'waiting|' .. ARGV[5], 1)
for i = 7, #ARGV do
  -- One more that may still accept; unless one has, or nobody asks any more.
  if tonumber(redis.call('HGET', KEYS[11], ARGV[i]) or 'x') then
    redis.call('HINCRBY', KEYS[11], ARGV[i], 1)
  end
end
enqueue({KEYS[1], KEYS[2], KEYS[3], KEYS[4]}, KEYS[6], KEYS[5], ARGV[2], tonumber(ARGV[6]), tonumber(ARGV[1]))
return state
