-- Step 7, first half: claims lanes of a channel that have something to send, under a lease, and says which of their
-- deliveries go out as one message. The more urgent goes first; what is sent as a digest anyway goes last.
--
-- KEYS  1 to 4 queues (digest, low, medium, high) 5 sending 6 tokens 7 ranks 8 sent, then the lane's list of each candidate.
-- ARGV  1 now 2 end of the lease 3 token 4 messages that may be begun now
--       5 messages within 6 so many ms, 0: any number 7 of them kept for the highest tier
--       8 the most notices in one message, where notices are merged; 1: they are not. 9… the candidates (lanes).
-- Reply {when more can be sent by the rate, or -1, {lane, id of its first delivery, number of its message, …}}.

local now, per, most = tonumber(ARGV[1]), tonumber(ARGV[6]), tonumber(ARGV[8])
local number, kept = tonumber(ARGV[5]), tonumber(ARGV[7])
local room = tonumber(ARGV[4])
local sent = 0
if number > 0 then
  local first = redis.call('LINDEX', KEYS[8], 0)
  while first and tonumber(first) + per <= now do
    redis.call('LPOP', KEYS[8])
    first = redis.call('LINDEX', KEYS[8], 0)
  end
  sent = redis.call('LLEN', KEYS[8])
  room = math.min(room, math.max(0, number - sent))
end

local due = {{}, {}, {}, {}}
for i = 9, #ARGV do
  local lane = ARGV[i]
  local rank = num(redis.call('HGET', KEYS[7], lane))
  local at = redis.call('ZSCORE', KEYS[5], lane) or redis.call('ZSCORE', KEYS[rank + 1], lane)
  if at and tonumber(at) <= now then
    local id = redis.call('LINDEX', KEYS[i], 0)
    if id then
      due[rank + 1][#due[rank + 1] + 1] = {lane = lane, id = id, rank = rank}
    else
      redis.call('ZREM', KEYS[rank + 1], lane)
      redis.call('ZREM', KEYS[5], lane)
      redis.call('HDEL', KEYS[6], lane)
      redis.call('HDEL', KEYS[7], lane)
    end
  end
end

local claimed, messages, left = {}, 0, 0

local function take(found)
  redis.call('ZREM', KEYS[found.rank + 1], found.lane)
  redis.call('ZADD', KEYS[5], ARGV[2], found.lane)
  redis.call('HSET', KEYS[6], found.lane, ARGV[3])
  claimed[#claimed + 1] = found.lane
  claimed[#claimed + 1] = found.id
  claimed[#claimed + 1] = messages
end

-- Each alone while there is room. Where there is not enough, as many alone as leave room for the others together.
local function send(found, free, merges)
  local alone = math.min(#found, free)
  if merges and #found > free then
    alone = math.max(0, math.min(free - 1, math.floor((free * most - #found) / (most - 1))))
  end
  for i = 1, alone do
    messages = messages + 1
    take(found[i])
  end
  local last = alone
  if merges then
    for _ = alone + 1, free do
      if last < #found then
        messages = messages + 1
      end
      for i = last + 1, math.min(#found, last + most) do
        take(found[i])
        last = i
      end
    end
  end
  left = left + #found - last
end

local limited = number > 0
send(due[4], room, limited and most > 1)
local others = due[3]
for _, found in ipairs(due[2]) do
  others[#others + 1] = found
end
local is_behind = left > 0
kept = math.min(kept, number - 1)
if limited then
  room = math.min(room, math.max(0, number - sent - kept))
end
send(others, is_behind and 0 or math.max(0, room - messages), limited and most > 1)
local free = left > 0 and 0 or math.max(0, room - messages)
send(due[1], most > 1 and math.min(1, free) or free, most > 1)

local again = -1
if limited then
  for _ = 1, messages do
    redis.call('RPUSH', KEYS[8], now)
  end
  if messages > 0 then
    redis.call('PEXPIRE', KEYS[8], per)
  end
  if left > 0 then
    local count = redis.call('LLEN', KEYS[8])
    local before = redis.call('LINDEX', KEYS[8], math.max(0, count - number + (is_behind and 0 or kept)))
    again = before and tonumber(before) + per or -1
  end
end
return {again, claimed}
