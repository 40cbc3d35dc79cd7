-- Compacts a closed incident, or removes it. Other figures than how many were archived or dropped stay as they are.
--
-- KEYS  1 incident 2 view 3 held 4 closed 5 closed-at 6 compact 7 deliveries 8 dead 9 stats 10 timeline 11 deliveries-of
--       12… what is deleted: why, told, threads, notices; after these the deliveries.
-- ARGV  1 compact, remove, or look (whether it may be removed) 2 the compacted value 3 what a removal counts as: archived
--       or dropped 4 now 5 how long after the last commit it may still be acted upon 6 the incident's id
--       7 digest of its key; as they were read: 8 its value 9 the length of its timeline 10 of its list of deliveries
--       11 how many KEYS are before the deliveries 12… of each delivery its id, channel and state as read.
-- Reply 'ok', 'changed' (it is not as it was read) or 'busy' (it may still change).
--
-- Run twice, the second run finds it changed.

local step, now, id, first = ARGV[1], tonumber(ARGV[4]), ARGV[6], tonumber(ARGV[11])

if redis.call('GET', KEYS[1]) ~= ARGV[8] or redis.call('LLEN', KEYS[10]) ~= tonumber(ARGV[9])
  or redis.call('LLEN', KEYS[11]) ~= tonumber(ARGV[10]) or not redis.call('ZSCORE', KEYS[5], id) then
  return 'changed'
end
local row = redis.call('HMGET', KEYS[2], 'inc', 'prev', 'last')
local is_last = (row[1] or '') == '' and string.match(row[2] or '', '^%S+') == id
if row[1] == id or (is_last and now - num(row[3]) < tonumber(ARGV[5])) or redis.call('ZSCORE', KEYS[3], ARGV[7]) then
  return 'busy'
end
local deliveries = {}
for i = first + 1, #KEYS do
  local place = 12 + (i - first - 1) * 3
  local delivery = {key = KEYS[i], id = ARGV[place], channel = ARGV[place + 1], state = ARGV[place + 2]}
  if redis.call('HGET', delivery.key, 's') ~= delivery.state then
    return 'changed'
  end
  if delivery.state == 'waiting' then
    return 'busy'
  end
  deliveries[#deliveries + 1] = delivery
end
if step == 'look' then
  return 'ok'
end

for i = 10, first do
  redis.call('DEL', KEYS[i])
end
for _, delivery in ipairs(deliveries) do
  if step == 'compact' and delivery.state == 'dead' then
    redis.call('RPUSH', KEYS[11], delivery.id) -- still owed: it may be sent again
  else
    redis.call('DEL', delivery.key)
    redis.call('ZREM', KEYS[7], delivery.id)
    if delivery.state == 'dead' then
      redis.call('ZREM', KEYS[8], delivery.id)
      redis.call('HINCRBY', KEYS[9], 'dead|' .. delivery.channel, -1)
    end
  end
end
redis.call('ZREM', KEYS[6], id)
if step == 'compact' then
  redis.call('SET', KEYS[1], ARGV[2])
  return 'ok'
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[4], id)
redis.call('ZREM', KEYS[5], id)
redis.call('HINCRBY', KEYS[9], ARGV[3], 1)
return 'ok'
