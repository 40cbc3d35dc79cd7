-- Whoever tells command of a channel takes it for a while, so that two processes do not both.
--
-- KEYS  1 health      ARGV  1 channel 2 now 3 end of the lease
-- Reply 1, or 0 (another has it).

local field = 'lease|' .. ARGV[1]
if num(redis.call('HGET', KEYS[1], field)) > tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], field, ARGV[3])
return 1
