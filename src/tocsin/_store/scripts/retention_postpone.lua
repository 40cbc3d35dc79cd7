-- Puts off compacting an incident that may still change.
--
-- KEYS  1 compact   ARGV 1 the incident's id 2 until when

redis.call('ZADD', KEYS[1], 'XX', ARGV[2], ARGV[1])
return 'ok'
