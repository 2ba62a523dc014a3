-- Corrects the costs of a day, unless somebody else has corrected them since the caller read them. What is booked
-- meanwhile stays: everything is added, nothing is set.
--
-- KEYS[1]  the corrections that say what was done already (hash: row -> packed correction)
-- KEYS[2]  the corrections of the day by model (hash)
-- ARGV[1]  JSON of CostWrites (see correct-costs.script.ts for its fields)
--
-- Replies 1 when all was written, 0 when a correction is not what the caller read: nothing was written.
--
-- Only what exists is corrected: a counter that has expired must not come back with a part of its sum. A value of
-- another type is left alone.

local writes = cjson.decode(ARGV[1])

local function is_type(key, wanted)
  return redis.call('TYPE', key).ok == wanted
end

-- Nil: not whole numbers of at most 16 digits between single spaces.
local function numbers_of(text, pattern)
  local numbers = {}
  for part in string.gmatch(text .. ' ', '([^ ]*) ') do
    if not string.match(part, pattern) or #string.gsub(part, '^%-', '') > 16 then
      return nil
    end
    numbers[#numbers + 1] = tonumber(part)
  end
  return numbers
end

local function packed(numbers)
  local parts = {}
  for i, number in ipairs(numbers) do
    parts[i] = string.format('%.0f', number)
  end
  return table.concat(parts, ' ')
end

local function store_correction(hash, field, text)
  if text == '' then
    redis.call('HDEL', hash, field)
  else
    redis.call('HSET', hash, field, text)
    redis.call('EXPIRE', hash, writes.ttlSeconds)
  end
end

-- Raises before anything is written when this key holds a value of another type.
redis.call('HLEN', KEYS[2])

for _, row in ipairs(writes.corrections) do
  if (redis.call('HGET', KEYS[1], row[1]) or '') ~= row[2] then
    return 0
  end
end

for _, row in ipairs(writes.corrections) do
  store_correction(KEYS[1], row[1], row[3])
end

for _, row in ipairs(writes.models) do
  local sums = numbers_of(redis.call('HGET', KEYS[2], row[1]) or '', '^%-?%d+$')
  if not sums or #sums ~= 3 then
    sums = { 0, 0, 0 }
  end
  local empty = true
  for i, by in ipairs(row[2]) do
    sums[i] = sums[i] + by
    empty = empty and sums[i] == 0
  end
  store_correction(KEYS[2], row[1], empty and '' or packed(sums))
end

for _, row in ipairs(writes.figures) do
  local text = is_type(row[1], 'hash') and redis.call('HGET', row[1], row[2])
  local figures = text and numbers_of(text, '^%d+$')
  if figures then
    for i, by in ipairs(row[3]) do
      local at = writes.positions[i] + 1
      for missing = #figures + 1, at do
        figures[missing] = 0
      end
      figures[at] = math.max(0, figures[at] + by)
    end
    redis.call('HSET', row[1], row[2], packed(figures))
  end
end

for _, counter in ipairs(writes.counters) do
  if is_type(counter[1], 'hash') and redis.call('HEXISTS', counter[1], counter[2]) == 1 then
    redis.pcall('HINCRBY', counter[1], counter[2], counter[3])
  end
end

for _, sum in ipairs(writes.sums) do
  if is_type(sum[1], 'string') then
    redis.pcall('INCRBYFLOAT', sum[1], sum[2])
  end
end

return 1
