-- Settles a batch of requests, exactly once: counters, sums, indexes, records, times of last use, roll-ups, the end of
-- what the requests held while they ran, and what such requests cost.
--
-- KEYS[1]  marker: number of the instance's last batch that was settled
-- ARGV[1]  number of this batch
-- ARGV[2]  the least number that the marker must have; what is between the two is known to be lost
-- ARGV[3]  JSON of BatchWrites (see batch-writes.ts for its fields)
--
-- Reply    {'duplicate'}: the marker is as far already, nothing was written
--          {'gap', marker}: batches before this one are missing, nothing was written
--          {'settled', n, key...}: n writes were refused by values of another type, all others were done; the keys of
--          the first few
--
-- The marker lives as long as its instance's journal may: it has no time to live, so that it neither expires before the
-- journal nor is chosen by an eviction of volatile keys.
--
-- It is written first. What lets Redis refuse all writes (no memory, read-only) meets it, and nothing was done. Behind it
-- no error may end the script, because a script cannot undo what it has written: a repeat would be a duplicate, and the
-- rest lost; were the marker written last, a repeat would count the first part twice. So each command behind it is an
-- attempt, and what Redis refuses (WRONGTYPE, not a number, no right to the key) is left out and told.

local EXACT = 9007199254740991
local MOST_KEYS_TOLD = 5
-- Instances agree on the time within so much.
local GRACE_MS = 2000
local MICRO = 1000000

local refused = 0
local told = {}
local is_told = {}

local function refuse(key)
  refused = refused + 1
  if #told < MOST_KEYS_TOLD and not is_told[key] then
    is_told[key] = true
    told[#told + 1] = key
  end
end

local function attempt(command, key, ...)
  local reply = redis.pcall(command, key, ...)
  if type(reply) ~= 'table' or not reply.err then
    return true, reply
  end
  refuse(key)
  return false
end

local function type_of(key)
  local readable, reply = attempt('TYPE', key)
  return readable and reply.ok or ''
end

local function keep(key, seconds)
  if seconds > 0 then
    attempt('EXPIRE', key, seconds)
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

local function keep_fields(key, kept_in, kept)
  if type_of(key) ~= 'hash' then
    return
  end
  local readable, has = attempt('HGET', key, kept.unless)
  if not readable or has then
    return
  end
  local values = {}
  for i, field in ipairs(kept.fields) do
    local _, value = attempt('HGET', key, field)
    values[i] = value and string.match(value, '^%d+$') or '0'
  end
  attempt('HSET', kept_in, key, table.concat(values, ' '))
end

local function seed(key, source)
  if type_of(key) ~= 'none' or type_of(source) ~= 'string' then
    return
  end
  local readable, value = attempt('GET', source)
  if readable then
    attempt('SET', key, value)
  end
end

-- Whole micro-USD of an amount as v1 writes it; 0 of what is none.
local function micro(text)
  local usd = text and string.match(text, '^%d+%.?%d*[eE]?[-+]?%d*$') and tonumber(text)
  return usd and usd <= 1000000000 and math.floor(usd * MICRO + 0.5) or 0
end

-- Of a record that can be read. One without a daily quota does not count; one of a later day has moved on.
local function spend(record, day, micro_usd)
  local quota, before, usage = unpack(redis.call('HMGET', record, 'dailyQuota', 'lastResetDate', 'dailyUsage'))
  local is_day = before and string.match(before, '^%d%d%d%d%-%d%d%-%d%d$')
  if micro(quota) == 0 or (is_day and before > day) then
    return
  end
  local sum = math.min((before == day and micro(usage) or 0) + micro_usd, EXACT)
  local text = string.format('%.0f.%06.0f', math.floor(sum / MICRO), sum % MICRO)
  attempt('HSET', record, 'dailyUsage', text, 'lastResetDate', day)
end

local function stamp(use)
  local known, exists = attempt('EXISTS', use.record)
  if not known or exists == 0 then
    return
  end
  local readable, before = attempt('HGET', use.record, 'lastUsedAt')
  if not readable then
    return
  end
  if not before or before < use.at then
    attempt('HSET', use.record, 'lastUsedAt', use.at)
    if use.index ~= '' then
      attempt('ZADD', use.index, use.score, use.member)
    end
  end
  count(use.record, use.counters)
  for _, cost in ipairs(use.dailyCosts) do
    spend(use.record, cost[1], cost[2])
  end
  keep(use.record, use.ttlSeconds)
end

local function count_in_window(window)
  local readable, start = attempt('GET', window.start)
  if not readable or not start or not string.match(start, '^%d+$') then
    return
  end
  for _, use in ipairs(window.uses) do
    local rest_ms = math.min(tonumber(start) + window.lengthMs - use.at, window.lengthMs)
    if rest_ms > 0 and use.at >= tonumber(start) - GRACE_MS then
      for _, sum in ipairs(use.sums) do
        if attempt('INCRBYFLOAT', sum[1], sum[2]) then
          local known, left = attempt('PTTL', sum[1])
          if known and left < 0 then
            attempt('PEXPIRE', sum[1], rest_ms)
          end
        end
      end
    end
  end
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
      attempt('HSET', estimate.hash, pair[1], string.format('%.0f', learned))
      keep(estimate.hash, estimate.ttlSeconds)
    end
  end
end

-- Nil: not the figures of a roll-up. What a newer version has appended is kept.
local function added(before, figures)
  local sums = {}
  if before then
    for part in string.gmatch(before .. ' ', '([^ ]*) ') do
      if #part > 16 or not string.match(part, '^%d+$') then
        return nil
      end
      sums[#sums + 1] = tonumber(part)
    end
  end
  for i = 1, math.max(#sums, #figures) do
    local sum = (sums[i] or 0) + (figures[i] or 0)
    if sum > EXACT then
      return nil
    end
    sums[i] = sum
  end
  for i, sum in ipairs(sums) do
    sums[i] = string.format('%.0f', sum)
  end
  return table.concat(sums, ' ')
end

local function roll_up(hash, seconds, rows)
  local written = false
  for _, row in ipairs(rows) do
    local readable, before = attempt('HGET', hash, row[1])
    if readable then
      local sums = added(before, row[2])
      if sums then
        written = attempt('HSET', hash, row[1], sums) or written
      else
        refuse(hash)
      end
    end
  end
  if written then
    keep(hash, seconds)
  end
end

local function first_value(first)
  for _, witness in ipairs(first.witnesses) do
    if type_of(witness) ~= 'none' then
      return first.value
    end
  end
  return first.fresh
end

local number = tonumber(ARGV[1])
local writes = cjson.decode(ARGV[3])
local marker = redis.call('GET', KEYS[1])
local stored = 0
if marker and #marker <= 15 and string.match(marker, '^%d+$') then
  stored = tonumber(marker)
end
if stored >= number then
  return { 'duplicate' }
end
if stored < tonumber(ARGV[2]) then
  return { 'gap', stored }
end
redis.call('SET', KEYS[1], ARGV[1])

-- The batch itself makes the witnesses.
local first_values = {}
for i, first in ipairs(writes.firsts) do
  first_values[i] = first_value(first)
end

for _, hash in ipairs(writes.keeps.hashes) do
  keep_fields(hash[1], hash[2], writes.keeps)
end

for _, hash in ipairs(writes.counts) do
  if count(hash[1], hash[3]) then
    keep(hash[1], hash[2])
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

for _, set in ipairs(writes.members) do
  if attempt('SADD', set[1], unpack(set[3])) then
    keep(set[1], set[2])
  end
end

for _, list in ipairs(writes.records) do
  if attempt('LPUSH', list[1], unpack(list[4])) then
    attempt('LTRIM', list[1], 0, list[3] - 1)
    keep(list[1], list[2])
  end
end

for _, use in ipairs(writes.lastUses) do
  stamp(use)
end

for _, window in ipairs(writes.windows) do
  count_in_window(window)
end

for _, release in ipairs(writes.releases) do
  attempt('ZREM', release[1], unpack(release[2]))
end

for _, estimate in ipairs(writes.estimates) do
  learn(estimate)
end

for _, hash in ipairs(writes.rollUps) do
  roll_up(hash[1], hash[2], hash[3])
end

for i, first in ipairs(writes.firsts) do
  attempt('SET', first.key, first_values[i], 'NX')
end

return { 'settled', refused, unpack(told) }
