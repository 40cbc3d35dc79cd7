-- Drops dead letters of one incident, at a person's word, and enters that into the incident's timeline.
--
-- KEYS  1 incident 2 timeline 3 view 4 stats 5 dead, then each letter.
-- ARGV  1 the incident's value as it was read, '' where it is gone 2 its value with the entry, '' where it takes none any
--       more 3 the entry, then of each letter its id, its channel and what it is from now on (blob).
-- Reply 'ok', or 'changed': something is not as it was read, and nothing was written.
--
-- Whoever decides about the incident meanwhile finds its revision moved, and looks at it again. Run twice, the second
-- run finds it changed.

if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 'changed'
end
for i = 6, #KEYS do
  if redis.call('HGET', KEYS[i], 's') ~= 'dead' then
    return 'changed'
  end
end

if ARGV[2] ~= '' then
  redis.call('SET', KEYS[1], ARGV[2])
  redis.call('RPUSH', KEYS[2], ARGV[3])
  if redis.call('EXISTS', KEYS[3]) == 1 then
    redis.call('HINCRBY', KEYS[3], 'rev', 1)
  end
end
for i = 6, #KEYS do
  local place = 4 + (i - 6) * 3
  redis.call('HSET', KEYS[i], 's', 'superseded', 'b', ARGV[place + 2])
  redis.call('ZREM', KEYS[5], ARGV[place])
  redis.call('HINCRBY', KEYS[4], 'dead|' .. ARGV[place + 1], -1)
end
return 'ok'
