-- What the scripts share. Prepended to each of them.
--
-- The view of an incident key (HASH view:<key>) holds
--   v       schema version                     mark   moved by every change of its alerts
--   rev     moved by every commit              done   the mark that the last commit had seen
--   seq     counts alerts that fired           base   seq before the first alert of the present incident
--   firing  how many alerts fire               total  how many distinct alerts the present incident had
--   zero    when the last alert ended          fseq   seq when one fired while none did
--   unseen  those lost from sight since then   trunc  alerts that a sender left out of its groups
--   period  the longest period between news    inc    the id of the present incident, or ''
--   rank    its tier's rank                    u      1: its place is the urgent queue
--   clock   the next clock of the incident     last   when it was last committed
--   cseq    seq as the last commit had seen    prev   '<id> <closed at>' of the incident before
--   stale   alerts unseen for long, at the claim
-- and two boxes of what joined: f_* (fresh) is filled by accept, and emptied by the claim into
-- t_* (taken), which the commit empties. So nothing is lost that joins between a claim and its commit.
--   _n      distinct new alerts                _at    acceptance of the first
--   _start  earliest start                     _rank, _top  the highest tier's rank, and what the plan says of it
--   _topid  its identity
--   _trunc  as trunc, where it grew
--   _rto, _quick  the shortest recovery time, and what the plan says of it
--   _classes, _services  distinct, separated by 0x1f

local GAP = 30000          -- intake that was out for longer than this stops expiry for a while
local STALE = 25 * 3600000 -- an alert that never expires is stale when unseen for so long
local PACE = 200           -- a key is reconciled at most once in so many milliseconds
local SEPARATOR = '\31'

local function num(value)
  return tonumber(value or 0) or 0
end

-- Notes that alerts can be taken now, and since when again if they could not for a while. Only the loop, which
-- works by the clock, begins the notes: a batch may have been received long before it gets here.
local function beat(key, now, begins)
  local row = redis.call('HMGET', key, 'alive', 'from', 'resumed')
  local alive, from, resumed = num(row[1]), num(row[2]), num(row[3])
  if alive > 0 and now - alive > GAP then
    -- A gap that follows another closely extends it: its alerts had not had their full period.
    if resumed == 0 or alive - resumed > 3600000 then
      from = alive
    end
    resumed = now
    redis.call('HSET', key, 'alive', now, 'from', from, 'resumed', resumed)
  elseif now > alive and (alive > 0 or begins) then
    redis.call('HSET', key, 'alive', now)
  end
  return {from = from, resumed = resumed}
end

-- When an alert that is due to expire at `deadline` really does, given the last gap in intake.
local function expiry(deadline, period, gap)
  if gap.resumed > 0 and deadline >= gap.from and deadline < gap.resumed + period then
    return gap.resumed + period
  end
  return deadline
end

-- When the next of a key's alerts expires or goes stale; nil if none will.
local function next_expiry(until_key, seen_key, period, gap, now)
  local at
  local first = redis.call('ZRANGE', until_key, 0, 0, 'WITHSCORES')
  if first[2] and first[2] ~= 'inf' then
    at = expiry(num(first[2]), period, gap)
  end
  local fresh = redis.call('ZRANGEBYSCORE', seen_key, '(' .. string.format('%d', now - STALE), '+inf',
    'WITHSCORES', 'LIMIT', 0, 1)
  if fresh[2] then
    local stale = num(fresh[2]) + STALE
    if not at or stale < at then
      at = stale
    end
  end
  return at
end

-- Notes when an alert of a key ended; replayed news may come after later ends.
local function note_end(view, at)
  if at > num(redis.call('HGET', view, 'zero')) then
    redis.call('HSET', view, 'zero', at)
  end
end

-- How many of a key's alerts should have been heard of again by now.
local function count_stale(seen_key, now)
  return redis.call('ZCOUNT', seen_key, '-inf', now - STALE)
end

-- Makes a key due at `at`, or leaves it where it is due earlier; it is in one of the two queues only.
local function make_due(queues, member, at, is_urgent)
  local place, other = queues.normal, queues.urgent
  if is_urgent then
    place, other = queues.urgent, queues.normal
  end
  local elsewhere = redis.call('ZSCORE', other, member)
  if elsewhere then
    redis.call('ZREM', other, member)
    at = math.min(at, tonumber(elsewhere))
  end
  local here = redis.call('ZSCORE', place, member)
  if not here or tonumber(here) > at then
    redis.call('ZADD', place, at, member)
  end
end

-- Puts a lane into its channel's queue at `at`, unless it is in one or being sent from. `queues` are those of the
-- channel: of digests, then of each tier by its rank. What is more urgent than the lane was moves all of the lane.
local function enqueue(queues, ranks, sending, lane, rank, at)
  local before = tonumber(redis.call('HGET', ranks, lane) or '-1')
  if before < rank then
    redis.call('HSET', ranks, lane, rank)
  else
    rank = before
  end
  if redis.call('ZSCORE', sending, lane) then
    return
  end
  local known = before >= 0 and redis.call('ZSCORE', queues[before + 1], lane)
  if known and before == rank then
    return
  end
  if known then
    redis.call('ZREM', queues[before + 1], lane)
    at = tonumber(known)
  end
  redis.call('ZADD', queues[rank + 1], at, lane)
end
