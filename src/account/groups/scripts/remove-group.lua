-- Removes a group that has no members.
--
-- KEYS[1]  set of the ids of all groups
-- KEYS[2]  record of the group (hash)
-- KEYS[3]  members of the group (set)
-- ARGV[1]  id of the group
--
-- Reply    0: removed; -1: there is no such group; else how many members it has, and nothing was written

if redis.call('EXISTS', KEYS[2]) == 0 then
  return -1
end
local members = redis.call('SCARD', KEYS[3])
if members > 0 then
  return members
end
redis.call('DEL', KEYS[2])
redis.call('SREM', KEYS[1], ARGV[1])
return 0
