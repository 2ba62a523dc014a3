-- Takes, renews or gives back a right that one process at a time has.
--
-- KEYS[1]  who has it (string)
-- ARGV[1]  who asks
-- ARGV[2]  for how many ms; 0 gives it back
--
-- Replies 1 when who asks has it now, or had it until now; 0 when somebody else has.

local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1
