-- Puts accounts into a group or takes them out, in the group's list and in each account's list of its groups together.
--
-- KEYS[1]    record of the group (hash)
-- KEYS[2]    members of the group (set)
-- KEYS[3...] for each account of ARGV[5...], in that order, its possible records (hashes), ARGV[4] of them each
-- ARGV[1]    'add' | 'remove' | 'replace': what is done with the accounts; 'replace' takes out all others
-- ARGV[2]    id of the group
-- ARGV[3]    what the key of an account's list of its groups begins with; its id follows
-- ARGV[4]    how many records are possible for one account
-- ARGV[5...] ids of the accounts
--
-- Reply      nil: there is no such group; else the ids that cannot be changed: to be added, but neither an account nor
--            a member; to be removed, but no member. Nothing was written unless that list is empty.

if redis.call('EXISTS', KEYS[1]) == 0 then
  return false
end

local mode, group, reverse, kinds = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

local function isAccount(position)
  for kind = 1, kinds do
    if redis.call('EXISTS', KEYS[2 + (position - 1) * kinds + kind]) == 1 then
      return true
    end
  end
  return false
end

local unknown = {}
local given = {}
for i = 5, #ARGV do
  given[ARGV[i]] = true
  local isMember = redis.call('SISMEMBER', KEYS[2], ARGV[i]) == 1
  if not isMember and (mode == 'remove' or not isAccount(i - 4)) then
    unknown[#unknown + 1] = ARGV[i]
  end
end
if #unknown > 0 then
  return unknown
end

local function take(id)
  redis.call('SREM', KEYS[2], id)
  redis.call('SREM', reverse .. id, group)
end

if mode == 'replace' then
  for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
    if not given[id] then
      take(id)
    end
  end
end
for i = 5, #ARGV do
  if mode == 'remove' then
    take(ARGV[i])
  else
    redis.call('SADD', KEYS[2], ARGV[i])
    redis.call('SADD', reverse .. ARGV[i], group)
  end
end
return {}
