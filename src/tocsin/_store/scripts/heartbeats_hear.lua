-- Notes signs of life. One call for a batch that has any.
--
-- KEYS  1 heartbeats
-- ARGV  name, time of receipt, of each heartbeat of which the batch has a sign
--
-- HASH heartbeats, for each heartbeat by its name:
--   heard|  when the last sign of life was received
--   since|  when it was first looked at
--   named|  when it was last looked at by a process whose plan has it; written now and then
--   lost|   since when it is missed; noted before the alert that says so is posted
--   told|   when that alert had been posted
--
-- Run twice or late, it changes nothing: the latest sign stands.

for i = 1, #ARGV, 2 do
  local field = 'heard|' .. ARGV[i]
  if tonumber(ARGV[i + 1]) > num(redis.call('HGET', KEYS[1], field)) then
    redis.call('HSET', KEYS[1], field, ARGV[i + 1])
  end
end
