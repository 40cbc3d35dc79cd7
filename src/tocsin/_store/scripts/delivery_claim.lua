-- Step 7, first half: claims lanes of a channel that have something to send, under a lease.
--
-- KEYS  1 queue 2 sending 3 tokens, then the lane's list for each candidate.
-- ARGV  1 now 2 end of the lease 3 token, 4… the candidates (lanes).
-- Reply {lane, id of its first delivery, …}.

local now, claimed = tonumber(ARGV[1]), {}
for i = 4, #ARGV do
  local lane = ARGV[i]
  local at = redis.call('ZSCORE', KEYS[2], lane) or redis.call('ZSCORE', KEYS[1], lane)
  if at and tonumber(at) <= now then
    local first = redis.call('LINDEX', KEYS[i], 0)
    redis.call('ZREM', KEYS[1], lane)
    if first then
      redis.call('ZADD', KEYS[2], ARGV[2], lane)
      redis.call('HSET', KEYS[3], lane, ARGV[3])
      claimed[#claimed + 1] = lane
      claimed[#claimed + 1] = first
    else
      redis.call('ZREM', KEYS[2], lane)
      redis.call('HDEL', KEYS[3], lane)
    end
  end
end
return claimed
