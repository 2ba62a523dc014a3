-- Marks an account after a failed attempt. A mark that still holds for longer is never shortened.
--
-- KEYS[1]  record (hash)
-- KEYS[2]  cool-down (v1's temp_unavailable)
-- KEYS[3]  marks that v1 does not know (hash: name -> epoch ms when it ends; the recovery: '{epoch ms}:{served}')
-- KEYS[4]  history of errors (list, newest first)
-- ARGV[1]  now, epoch ms
-- ARGV[2]  cool-down, JSON; '' = none
-- ARGV[3]  its life in ms
-- ARGV[4]  name of another mark; '' = none
-- ARGV[5]  when it ends, epoch ms
-- ARGV[6]  most names of one kind (what stands before the colon) that KEYS[3] may hold
-- ARGV[7]  name of the recovery
-- ARGV[8]  when the recovery is over that follows, epoch ms; '' = the account stays in use
-- ARGV[9]  entry of the history, JSON
-- ARGV[10] most entries that the history keeps
-- ARGV[11] life of the history in seconds
-- ARGV[12] rateLimitedAt for the record; '' = the failure was no rate limit
-- ARGV[13] v1's status of an account that it stopped for a rate limit
--
-- Reply    1: marked; 0: there is no such account, nothing was written

if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end

local now = tonumber(ARGV[1])

if ARGV[2] ~= '' and redis.call('PTTL', KEYS[2]) < tonumber(ARGV[3]) then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
end

local function kindOf(name)
  return string.match(name, '^[^:]*')
end

-- Marks that still hold; the others go. Counted are those of the kind of the new one.
local held = 0
local ends = {}
if ARGV[4] ~= '' or ARGV[8] ~= '' then
  local marks = redis.call('HGETALL', KEYS[3])
  for i = 1, #marks, 2 do
    local name = marks[i]
    local text = marks[i + 1]
    if name == ARGV[7] then
      text = string.match(text, '^(%d+):') or ''
    end
    local endsAt = tonumber(text) or 0
    if endsAt <= now then
      redis.call('HDEL', KEYS[3], name)
    else
      ends[name] = endsAt
      if kindOf(name) == kindOf(ARGV[4]) then
        held = held + 1
      end
    end
  end
end

local function put(name, text, endsAt)
  redis.call('HSET', KEYS[3], name, text)
  if redis.call('PTTL', KEYS[3]) < endsAt - now then
    redis.call('PEXPIRE', KEYS[3], endsAt - now)
  end
end

if ARGV[4] ~= '' then
  local endsAt = tonumber(ARGV[5])
  local current = ends[ARGV[4]]
  if endsAt > (current or 0) and (current or held < tonumber(ARGV[6])) then
    put(ARGV[4], ARGV[5], endsAt)
  end
end

-- Whatever was served before counts for nothing after another failure.
if ARGV[8] ~= '' then
  local overAt = math.max(tonumber(ARGV[8]), ends[ARGV[7]] or 0)
  put(ARGV[7], string.format('%.0f:0', overAt), overAt)
end

redis.call('LPUSH', KEYS[4], ARGV[9])
redis.call('LTRIM', KEYS[4], 0, tonumber(ARGV[10]) - 1)
redis.call('EXPIRE', KEYS[4], ARGV[11])

-- The time of v1's own stop must stay: its end is counted from it.
if ARGV[12] ~= ''
  and redis.call('HGET', KEYS[1], 'status') ~= ARGV[13]
  and redis.call('HGET', KEYS[1], 'rateLimitAutoStopped') ~= 'true' then
  redis.call('HSET', KEYS[1], 'rateLimitedAt', ARGV[12], 'rateLimitStatus', 'limited')
end
return 1
