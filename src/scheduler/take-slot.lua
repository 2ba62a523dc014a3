-- Takes a slot of the first account that has one free, in the order given.
--
-- KEYS[1...] per account the requests that it has: request id -> epoch ms at which the slot expires (zset)
-- ARGV[1]  the request's id
-- ARGV[2]  now, epoch ms
-- ARGV[3]  the ms for which the slot is held without being renewed
-- ARGV[4]  the ms for which a set lives on at least
-- ARGV[5...] per account how many requests it may have at the same time, in the order of KEYS
--
-- Replies the number of the account (1 = the first of KEYS), 0 when none has a slot free.
-- Slots that have expired are taken out of every set that is looked at.

local now = tonumber(ARGV[2])
local keepMs = tonumber(ARGV[4])

for i, slots in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', slots, '-inf', now)
  if redis.call('ZCARD', slots) < tonumber(ARGV[4 + i]) then
    redis.call('ZADD', slots, now + tonumber(ARGV[3]), ARGV[1])
    if redis.call('PTTL', slots) < keepMs then redis.call('PEXPIRE', slots, keepMs) end
    return i
  end
end

return 0
