-- Changes one API key together with all that finds it, if nobody else has changed it meanwhile.
--
-- KEYS[1]  the key's record (hash)
-- KEYS[2]  what v1 does not know of the key (hash)
-- KEYS[3]  apikey:hash_map (hash: secret hash -> id)
-- KEYS[4]  the legacy look-up of the secret hash (hash)
-- KEYS[5]  the legacy look-up of the secret hash that the key had (hash); KEYS[4] when the secret stays
-- KEYS[6]  index: all ids (set)
-- KEYS[7]  index: by creation (zset)
-- KEYS[8]  index: by last use (zset)
-- KEYS[9]  index: by name (zset)
-- KEYS[10] index: active ids (set)
-- KEYS[11] index: deleted ids (set)
-- KEYS[12] index: all tags (set)
-- KEYS[13...] one set of ids for each entry of change.tags, in that order
-- ARGV[1]  JSON {fields, extra}: both hashes as the caller read them, lastUsedAt left out
-- ARGV[2]  JSON of the change; see ApiKeyUpdate in update-api-key.script.ts
--
-- Replies 'missing' when there is no such record, 'changed' when it is not what the caller read, 'done'.
-- Nothing is written before everything was checked.

local expected = cjson.decode(ARGV[1])
local change = cjson.decode(ARGV[2])
local id = change.id

-- The date of the last use changes with every request, so it says nothing about what an administrator saw.
local function differs(key, fields)
  local stored = redis.call('HGETALL', key)
  local unseen = 0
  for _ in pairs(fields) do unseen = unseen + 1 end
  for i = 1, #stored, 2 do
    if stored[i] ~= 'lastUsedAt' then
      if fields[stored[i]] ~= stored[i + 1] then return true end
      unseen = unseen - 1
    end
  end
  return unseen ~= 0
end

local function write(key, set, unset)
  for field, text in pairs(set) do redis.call('HSET', key, field, text) end
  for _, field in ipairs(unset) do redis.call('HDEL', key, field) end
end

local function keep(set, wanted)
  if wanted then redis.call('SADD', set, id) else redis.call('SREM', set, id) end
end

if redis.call('EXISTS', KEYS[1]) == 0 then return 'missing' end
if differs(KEYS[1], expected.fields) or differs(KEYS[2], expected.extra) then return 'changed' end

write(KEYS[1], change.set, change.unset)
write(KEYS[2], change.extraSet, change.extraUnset)
if change.ttlSeconds > 0 then redis.call('EXPIRE', KEYS[1], change.ttlSeconds) end

if change.staleSecretHash ~= change.secretHash then
  redis.call('HDEL', KEYS[3], change.staleSecretHash)
  redis.call('DEL', KEYS[5])
end
if change.state == 'deleted' then
  redis.call('HDEL', KEYS[3], change.secretHash)
  redis.call('DEL', KEYS[4])
else
  redis.call('HSET', KEYS[3], change.secretHash, id)
  write(KEYS[4], change.legacy, {})
end

redis.call('SADD', KEYS[6], id)
redis.call('ZADD', KEYS[7], change.createdAt, id)
if change.used or not redis.call('ZSCORE', KEYS[8], id) then redis.call('ZADD', KEYS[8], change.lastUsedAt, id) end
if change.staleNameMember ~= change.nameMember then redis.call('ZREM', KEYS[9], change.staleNameMember) end
redis.call('ZADD', KEYS[9], 0, change.nameMember)
keep(KEYS[10], change.state == 'active')
keep(KEYS[11], change.state == 'deleted')

for i, tag in ipairs(change.tags) do
  local set = KEYS[12 + i]
  keep(set, tag.kept)
  if tag.kept then
    redis.call('SADD', KEYS[12], tag.name)
  elseif redis.call('SCARD', set) == 0 then
    redis.call('SREM', KEYS[12], tag.name)
  end
end

return 'done'
