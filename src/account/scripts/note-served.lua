-- Counts a request that a recovering account has served; after enough of them it has recovered.
--
-- KEYS[1]  marks that v1 does not know (hash)
-- ARGV[1]  now, epoch ms
-- ARGV[2]  name of the recovery; its value is '{epoch ms when it is over}:{requests served}'
-- ARGV[3]  how long a recovery lasts, ms
-- ARGV[4]  how many requests end it
--
-- Reply    1: counted; 0: the account is not recovering now, nothing was written

local overAt, served = string.match(redis.call('HGET', KEYS[1], ARGV[2]) or '', '^(%d+):(%d+)$')
if not overAt then
  return 0
end

-- Before it begins the account is out of use: what is served then was sent before the failure.
local now = tonumber(ARGV[1])
if now >= tonumber(overAt) or now < tonumber(overAt) - tonumber(ARGV[3]) then
  return 0
end

if tonumber(served) + 1 >= tonumber(ARGV[4]) then
  redis.call('HDEL', KEYS[1], ARGV[2])
else
  redis.call('HSET', KEYS[1], ARGV[2], overAt .. ':' .. string.format('%d', tonumber(served) + 1))
end
return 1
