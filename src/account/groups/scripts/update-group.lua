-- Changes fields of a group that exists.
--
-- KEYS[1]    record of the group (hash)
-- ARGV[1...] pairs of field and text
--
-- Reply      1: written; 0: there is no such group, nothing was written

if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
