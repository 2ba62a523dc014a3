-- Changes fields of an account that exists, if it is still what the caller decided about.
--
-- KEYS[1]  record (hash)
-- KEYS[2]  set of the ids of shared accounts
-- ARGV[1]  id of the account
-- ARGV[2]  'add' | 'remove' | 'keep': what becomes of the id in that set
-- ARGV[3]  number of expected fields, n
-- ARGV[4]  n pairs of field and expected text (a missing field is expected as ''), then the pairs to write
--
-- Reply    1: written; 0: there is no such account, nothing was written; -1: a field is not as expected, nothing was
--          written

if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end

local first = 4
local afterExpected = first + 2 * tonumber(ARGV[3])
for i = first, afterExpected - 1, 2 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then
    return -1
  end
end

for i = afterExpected, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
if ARGV[2] == 'add' then
  redis.call('SADD', KEYS[2], ARGV[1])
elseif ARGV[2] == 'remove' then
  redis.call('SREM', KEYS[2], ARGV[1])
end
return 1
