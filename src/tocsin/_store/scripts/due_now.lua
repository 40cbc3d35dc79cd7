-- A person acts upon an incident, or declares one: makes its key due now, for the one who acts to claim.
--
-- KEYS  1 due:urgent 2 due:normal 3 held 4 view 5 recent
-- ARGV  1 digest 2 now 3 the incident's id; '' to declare one on this key
-- Reply 1; 0 if the key has another incident by now.
--
-- The mark is moved, so that the claim does not put the key back as one that nothing has happened to. Run twice, or if
-- nobody comes to claim, the key is looked at once more than was needed.

local row = redis.call('HMGET', KEYS[4], 'inc', 'prev')
local present, previous = row[1] or '', row[2] or ''
local is_last = present == '' and string.match(previous, '^(%S+)') == ARGV[3]
if ARGV[3] ~= '' and present ~= ARGV[3] and not is_last then
  return 0
end
redis.call('HSET', KEYS[4], 'v', 1)
redis.call('PERSIST', KEYS[4])
redis.call('PERSIST', KEYS[5])
redis.call('HINCRBY', KEYS[4], 'mark', 1)
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then
  make_due({urgent = KEYS[1], normal = KEYS[2]}, ARGV[1], tonumber(ARGV[2]), true)
end
return 1
