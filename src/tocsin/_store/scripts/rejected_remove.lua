-- Takes a payload out of its source's ring, unless it was posted again meanwhile.
--
-- KEYS  as rejected_keep
-- ARGV  1 when it was received 2 id 3 source

if redis.call('ZSCORE', KEYS[2], ARGV[2]) ~= ARGV[1] then
  return 0
end
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('HDEL', KEYS[4], ARGV[2])
if redis.call('ZCARD', KEYS[2]) == 0 then
  redis.call('ZREM', KEYS[1], ARGV[3])
end
return 1
