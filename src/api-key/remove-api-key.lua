-- Removes one deleted API key for good, with all that finds it and all that is kept about it apart from what it used,
-- if nobody else has changed it meanwhile.
--
-- KEYS[1]  the key's record (hash)
-- KEYS[2]  what v1 does not know of the key (hash)
-- KEYS[3]  apikey:hash_map (hash: secret hash -> id)
-- KEYS[4]  index: all ids (set)
-- KEYS[5]  index: by creation (zset)
-- KEYS[6]  index: by last use (zset)
-- KEYS[7]  index: by name (zset)
-- KEYS[8]  index: active ids (set)
-- KEYS[9]  index: deleted ids (set)
-- KEYS[10] index: all tags (set)
-- KEYS[11...] one set of ids for each of removal.tags, in that order; then keys that are removed whole
-- ARGV[1]  JSON {fields, extra}: both hashes as the caller read them, lastUsedAt left out
-- ARGV[2]  JSON of the removal; see ApiKeyRemovalPlan in remove-api-key.script.ts
--
-- Replies 'missing' when there is no such record, 'changed' when it is not what the caller read, 'done'.
-- Nothing is written before everything was checked.

local expected = cjson.decode(ARGV[1])
local removal = cjson.decode(ARGV[2])
local id = removal.id

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

if redis.call('EXISTS', KEYS[1]) == 0 then return 'missing' end
if differs(KEYS[1], expected.fields) or differs(KEYS[2], expected.extra) then return 'changed' end

redis.call('HDEL', KEYS[3], removal.secretHash)
redis.call('SREM', KEYS[4], id)
redis.call('ZREM', KEYS[5], id)
redis.call('ZREM', KEYS[6], id)
redis.call('ZREM', KEYS[7], removal.nameMember)
redis.call('SREM', KEYS[8], id)
redis.call('SREM', KEYS[9], id)

for i, tag in ipairs(removal.tags) do
  local set = KEYS[10 + i]
  redis.call('SREM', set, id)
  if redis.call('SCARD', set) == 0 then redis.call('SREM', KEYS[10], tag) end
end

for i = 11 + #removal.tags, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('DEL', KEYS[1], KEYS[2])

return 'done'
