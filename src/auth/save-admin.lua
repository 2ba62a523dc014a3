-- Writes the administrator, unless somebody else has written it since the caller read it.
--
-- KEYS[1]  the administrator (hash)
-- ARGV[1]  its passwordHash as the caller read it; empty when there was none
-- ARGV[2]  JSON of the whole record: an object of texts
--
-- Replies 1 when it was written, 0 when it was not what the caller read.

if (redis.call('HGET', KEYS[1], 'passwordHash') or '') ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
for field, text in pairs(cjson.decode(ARGV[2])) do
  redis.call('HSET', KEYS[1], field, text)
end
return 1
