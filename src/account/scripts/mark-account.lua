-- Marks an account after a failed attempt. A mark that still holds for longer is never shortened.
--
-- KEYS[1]  record (hash)
-- KEYS[2]  cool-down (v1's temp_unavailable)
-- KEYS[3]  marks that v1 does not know (hash: name -> epoch ms when it ends)
-- KEYS[4]  history of errors (list, newest first)
-- ARGV[1]  now, epoch ms
-- ARGV[2]  cool-down, JSON; '' = none
-- ARGV[3]  its life in ms
-- ARGV[4]  name of another mark; '' = none
-- ARGV[5]  when it ends, epoch ms
-- ARGV[6]  most names that KEYS[3] may hold
-- ARGV[7]  entry of the history, JSON
-- ARGV[8]  most entries that the history keeps
-- ARGV[9]  life of the history in seconds
-- ARGV[10] rateLimitedAt for the record; '' = the failure was no rate limit
-- ARGV[11] v1's status of an account that it stopped for a rate limit
--
-- Reply    1: marked; 0: there is no such account, nothing was written

if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end

local now = tonumber(ARGV[1])

if ARGV[2] ~= '' and redis.call('PTTL', KEYS[2]) < tonumber(ARGV[3]) then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
end

if ARGV[4] ~= '' then
  local held = 0
  local current = 0
  local marks = redis.call('HGETALL', KEYS[3])
  for i = 1, #marks, 2 do
    local ends = tonumber(marks[i + 1]) or 0
    if ends <= now then
      redis.call('HDEL', KEYS[3], marks[i])
    else
      held = held + 1
      if marks[i] == ARGV[4] then
        current = ends
      end
    end
  end
  local ends = tonumber(ARGV[5])
  if ends > current and (current > 0 or held < tonumber(ARGV[6])) then
    redis.call('HSET', KEYS[3], ARGV[4], ARGV[5])
    if redis.call('PTTL', KEYS[3]) < ends - now then
      redis.call('PEXPIRE', KEYS[3], ends - now)
    end
  end
end

redis.call('LPUSH', KEYS[4], ARGV[7])
redis.call('LTRIM', KEYS[4], 0, tonumber(ARGV[8]) - 1)
redis.call('EXPIRE', KEYS[4], ARGV[9])

-- The time of v1's own stop must stay: its end is counted from it.
if ARGV[10] ~= ''
  and redis.call('HGET', KEYS[1], 'status') ~= ARGV[11]
  and redis.call('HGET', KEYS[1], 'rateLimitAutoStopped') ~= 'true' then
  redis.call('HSET', KEYS[1], 'rateLimitedAt', ARGV[10], 'rateLimitStatus', 'limited')
end
return 1
