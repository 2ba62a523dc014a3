-- Removes an account with everything that says how it stands.
--
-- KEYS[1]  record (hash)
-- KEYS[2]  set of the ids of the kind
-- KEYS[3]  set of the ids of shared accounts
-- KEYS[4]  cool-down
-- KEYS[5]  marks that v1 does not know
-- ARGV[1]  id of the account
--
-- Reply    1: removed; 0: there was no such account (what else named it is gone all the same)

redis.call('SREM', KEYS[2], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('DEL', KEYS[4], KEYS[5])
return redis.call('DEL', KEYS[1])
