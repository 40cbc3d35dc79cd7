-- Looks at the heartbeats of a plan, and for those that no plan has any more.
--
-- KEYS  1 heartbeats 2 intake
-- ARGV  1 now 2 how long it takes until one that no process names is gone, then the name of each of the plan
-- Reply {resumed, {heard, since, lost, told, …}, {name, …}}: since when alerts can be taken again after the last gap;
--       for each of the plan, in order, times or 0; those that are gone.
--
-- One that is new begins to count now. Run twice, the second run changes nothing.

local now, grace = tonumber(ARGV[1]), tonumber(ARGV[2])
local gap = beat(KEYS[2], now, true)
local row, flat = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  row[flat[i]] = flat[i + 1]
end

local named, states = {}, {}
for i = 3, #ARGV do
  local name = ARGV[i]
  named[name] = true
  local since = num(row['since|' .. name])
  if since == 0 then
    since = now
    redis.call('HSET', KEYS[1], 'since|' .. name, now)
  end
  if now - num(row['named|' .. name]) > grace / 4 then
    redis.call('HSET', KEYS[1], 'named|' .. name, now)
  end
  states[#states + 1] = num(row['heard|' .. name])
  states[#states + 1] = since
  states[#states + 1] = num(row['lost|' .. name])
  states[#states + 1] = num(row['told|' .. name])
end

local gone = {}
for field in pairs(row) do
  local name = string.match(field, '^%a+|(.*)$')
  if not named[name] then
    named[name] = true
    local at = row['named|' .. name]
    if not at then
      redis.call('HSET', KEYS[1], 'named|' .. name, now) -- heard of by a process with a plan before this one
    elseif now - tonumber(at) > grace then
      gone[#gone + 1] = name
    end
  end
end
return {gap.resumed, states, gone}
