-- Writes a text, unless somebody else has written it since the caller read it.
--
-- KEYS[1]  the text (string)
-- ARGV[1]  the text as the caller read it; empty when there was none
-- ARGV[2]  the text to be
--
-- Replies 1 when it was written, 0 when it was not what the caller read.

if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
