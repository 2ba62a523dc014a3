-- Writes or deletes one field of a hash, unless somebody else has written it since the caller read it.
--
-- KEYS[1]  the hash
-- ARGV[1]  the field
-- ARGV[2]  its text as the caller read it; empty when there was none
-- ARGV[3]  the text to be; empty deletes the field
--
-- Replies 1 when it was written, 0 when it was not what the caller read.

if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then
  return 0
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1
