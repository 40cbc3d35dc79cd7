-- Gives back the lease of a key without a commit: at a drain, or after a failure.
--
-- KEYS  1 due:urgent 2 due:normal 3 held 4 leases 5 view 6 tries   ARGV 1 digest 2 token 3 due at 4 1: not a failure
-- Reply 1 if the lease was ours.

if redis.call('HGET', KEYS[4], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
if ARGV[4] == '1' then
  redis.call('HDEL', KEYS[6], ARGV[1])
end
make_due({urgent = KEYS[1], normal = KEYS[2]}, ARGV[1], tonumber(ARGV[3]), redis.call('HGET', KEYS[5], 'u') == '1')
return 1
