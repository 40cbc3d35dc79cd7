-- Takes or keeps the right to work on a shard's closed incidents.
--
-- KEYS  1 retention   ARGV 1 now 2 the end of the lease; one that has come gives it back 3 token
-- Reply 1; 0 if another has it. The TTL only cleans: the lease's end is data.

local now, until_, token = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local row = redis.call('HMGET', KEYS[1], 'token', 'until')
if row[1] and row[1] ~= token and num(row[2]) > now then
  return 0
end
redis.call('HSET', KEYS[1], 'v', 1, 'token', token, 'until', until_)
redis.call('PEXPIRE', KEYS[1], math.max(1, until_ - now))
return 1
