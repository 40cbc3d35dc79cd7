-- Keeps a payload that could not be read, in a ring of its source.
--
-- KEYS  1 rejected (the sources) 2 rejected-of 3 rejected-heads 4 rejected-contents, of one source
-- ARGV  1 when it was received 2 id 3 source 4 head 5 content 6 how many are kept 7 how many bytes 8 for how long (ms)
--
-- Posted again, the same payload takes its later time and its new errors; run late, nothing is changed.

local at = tonumber(ARGV[1])
local known = redis.call('ZSCORE', KEYS[2], ARGV[2])
if known and tonumber(known) > at then
  return 0
end
redis.call('ZADD', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[4])
redis.call('HSET', KEYS[4], ARGV[2], ARGV[5])
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[3])

-- The newest stay, and of those only what fits; the newest of all stays however large it is.
local most, room, keep = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local rows = redis.call('ZREVRANGE', KEYS[2], 0, -1, 'WITHSCORES')
local newest = tonumber(rows[2])
local taken = 0
for i = 1, #rows, 2 do
  taken = taken + redis.call('HSTRLEN', KEYS[4], rows[i])
  if i > 1 and ((i + 1) / 2 > most or taken > room or tonumber(rows[i + 1]) < newest - keep) then
    redis.call('ZREM', KEYS[2], rows[i])
    redis.call('HDEL', KEYS[3], rows[i])
    redis.call('HDEL', KEYS[4], rows[i])
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', newest - keep)
for i = 1, 4 do
  redis.call('PEXPIRE', KEYS[i], ARGV[8])
end
return 1
