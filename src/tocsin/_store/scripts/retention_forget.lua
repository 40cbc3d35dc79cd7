-- Takes an incident that is not there out of the indexes.
--
-- KEYS  1 incident 2 closed 3 closed-at 4 compact   ARGV 1 the incident's id

if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('ZREM', KEYS[4], ARGV[1])
end
return 'ok'
