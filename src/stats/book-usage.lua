-- Books what requests used, exactly once: counters, sums, indexes, records, times of last use, the end of what they held
-- while they ran, and what such requests cost.
--
-- KEYS[1]  marker; while it exists nothing is written
-- ARGV[1]  life of the marker in ms
-- ARGV[2]  JSON of UsageWrites (see book-usage.script.ts for its fields)
--
-- Reply    -1: the marker was there, nothing was written
--          otherwise the number of writes that a value of another type refused; all others were done
--
-- A write that Redis refuses (WRONGTYPE, not a number) is left out, because a script cannot undo the ones before it and
-- one damaged key must not cost a request its whole booking. Any other error ends the script.

local writes = cjson.decode(ARGV[2])
local refused = 0

local function attempt(...)
  local reply = redis.pcall(...)
  if type(reply) ~= 'table' or not reply.err then
    return true, reply
  end
  if not string.match(reply.err, '^WRONGTYPE ') and not string.match(reply.err, '^ERR ') then
    error(reply.err)
  end
  refused = refused + 1
  return false
end

local function keep(key, seconds)
  if seconds > 0 then
    redis.call('EXPIRE', key, seconds)
  end
end

local function count(key, counters)
  local written = false
  for i = 1, #counters, 2 do
    if attempt('HINCRBY', key, counters[i], counters[i + 1]) then
      written = true
    end
  end
  return written
end

local function keep_copies(key, kept)
  if redis.call('TYPE', key).ok ~= 'hash' or redis.call('HGET', key, kept.unless) then
    return
  end
  for _, copy in ipairs(kept.copies) do
    local value = redis.call('HGET', key, copy[1])
    if value then
      redis.call('HSET', key, copy[2], value)
    end
  end
end

local function seed(key, source)
  if redis.call('EXISTS', key) == 1 or redis.call('TYPE', source).ok ~= 'string' then
    return
  end
  redis.call('SET', key, redis.call('GET', source))
end

local function learn(estimate)
  for _, pair in ipairs(estimate.actuals) do
    local readable, before = attempt('HGET', estimate.hash, pair[1])
    if readable then
      local known = pair[2]
      if before and #before <= 15 and string.match(before, '^%d+$') then
        known = tonumber(before)
      end
      local learned = known + math.floor((pair[2] - known) / 4)
      redis.call('HSET', estimate.hash, pair[1], string.format('%.0f', learned))
      keep(estimate.hash, estimate.ttlSeconds)
    end
  end
end

if not redis.call('SET', KEYS[1], '1', 'PX', ARGV[1], 'NX') then
  return -1
end

for _, group in ipairs(writes.counts) do
  for _, hash in ipairs(group.hashes) do
    if group.keep then
      keep_copies(hash[1], group.keep)
    end
    if count(hash[1], group.counters) then
      keep(hash[1], hash[2])
    end
  end
end

for _, pair in ipairs(writes.seeds) do
  seed(pair[1], pair[2])
end

for _, sum in ipairs(writes.sums) do
  if attempt('INCRBYFLOAT', sum[1], sum[3]) then
    keep(sum[1], sum[2])
  end
end

for _, member in ipairs(writes.members) do
  if attempt('SADD', member[1], member[3]) then
    keep(member[1], member[2])
  end
end

for _, record in ipairs(writes.records) do
  if attempt('LPUSH', record[1], record[4]) then
    redis.call('LTRIM', record[1], 0, record[3] - 1)
    keep(record[1], record[2])
  end
end

for _, use in ipairs(writes.lastUses) do
  if redis.call('EXISTS', use.record) == 1 then
    local readable, before = attempt('HGET', use.record, 'lastUsedAt')
    if readable then
      if not before or before < use.at then
        redis.call('HSET', use.record, 'lastUsedAt', use.at)
        if use.index ~= '' then
          attempt('ZADD', use.index, use.score, use.member)
        end
      end
      count(use.record, use.counters)
      keep(use.record, use.ttlSeconds)
    end
  end
end

for _, window in ipairs(writes.windows) do
  local readable, start = attempt('GET', window.start)
  if readable and start and string.match(start, '^%d+$') then
    local restMs = tonumber(start) + window.lengthMs - window.at
    if restMs > 0 then
      for _, sum in ipairs(window.sums) do
        if attempt('INCRBYFLOAT', sum[1], sum[2]) and redis.call('PTTL', sum[1]) < 0 then
          redis.call('PEXPIRE', sum[1], restMs)
        end
      end
    end
  end
end

for _, release in ipairs(writes.releases) do
  attempt('ZREM', release[1], release[2])
end

for _, estimate in ipairs(writes.estimates) do
  learn(estimate)
end

return refused
