-- Removes an account with everything that says how it stands, and takes it out of its groups.
--
-- KEYS[1]  record (hash)
-- KEYS[2]  set of the ids of the kind
-- KEYS[3]  set of the ids of shared accounts
-- KEYS[4]  cool-down
-- KEYS[5]  marks that v1 does not know
-- KEYS[6]  history of errors
-- KEYS[7]  groups of the account (set)
-- KEYS[8]  set of the ids of all groups; the members of each are looked at, because old databases have no KEYS[7]
-- ARGV[1]  id of the account
-- ARGV[2]  what the key of a group's members begins with; the id of the group follows
--
-- Reply    1: removed; 0: there was no such account (what else named it is gone all the same)

redis.call('SREM', KEYS[2], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('DEL', KEYS[4], KEYS[5], KEYS[6], KEYS[7])
for _, group in ipairs(redis.call('SMEMBERS', KEYS[8])) do
  redis.call('SREM', ARGV[2] .. group, ARGV[1])
end
return redis.call('DEL', KEYS[1])
