-- Notes what has become of heartbeats.
--
-- KEYS  1 heartbeats
-- ARGV  1 now, then what (lost, told, back, gone) and a name, of each
--
-- Run twice, it changes nothing: the first time of a loss stands.

for i = 2, #ARGV, 2 do
  local what, name = ARGV[i], ARGV[i + 1]
  if what == 'lost' or what == 'told' then
    redis.call('HSETNX', KEYS[1], what .. '|' .. name, ARGV[1])
  else
    redis.call('HDEL', KEYS[1], 'lost|' .. name, 'told|' .. name)
  end
  if what == 'gone' then
    for _, each in ipairs({'heard|', 'since|', 'named|'}) do
      redis.call('HDEL', KEYS[1], each .. name)
    end
  end
end
