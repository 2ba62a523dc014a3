-- Decides all limits of one API key for one request in one step, and takes what the request needs.
--
-- KEYS[1]  slots (zset: request id -> epoch ms at which the slot expires)
-- KEYS[2]  holds (zset: {request id}:{micro-USD}:{tokens}:{1 = Claude model} -> epoch ms at which it expires)
-- KEYS[3]  what requests usually cost (hash: c:{model} micro-USD, t:{model} tokens)
-- KEYS[4]  start of the window, epoch ms
-- KEYS[5]  requests of the window
-- KEYS[6]  tokens of the window
-- KEYS[7]  USD of the window
-- KEYS[8]  USD in all
-- KEYS[9]  USD of Claude models in the reset week
-- KEYS[10] USD of the day
-- KEYS[11] who waits (zset: {number, 15 digits}:{request id} -> epoch ms until which the wait is alive)
-- KEYS[12] number of the last one that began to wait
-- KEYS[13] USD of Claude models in the reset week under the name that an old v1 gave it; counts while KEYS[9] is not there
-- ARGV[1]  JSON of AdmissionTerms (see admit-request.script.ts); amounts are whole micro-USD, a limit of 0 is none
-- ARGV[2]  request id
-- ARGV[3]  model under which the cost is learned
-- ARGV[4]  the request's member of KEYS[11]; '' when it does not wait yet
--
-- Replies  {'admitted', hold, cost, weekly, tokens, requests}  hold: the member of KEYS[2], or '' where nothing was held;
--                                  then what is left behind this request: micro-USD of all cost limits but the weekly one,
--                                  micro-USD of the week, tokens and requests of the window; -1 where there is no such limit
--          {'spent', limit, used}  'total', 'weekly' or 'daily'; micro-USD
--          {'window', limit, used, start}  'requests', 'tokens' or 'cost'
--          {'busy', reason, waiter, waiting}  reason: 'concurrency', the limit whose room running requests hold, or
--                                  'waiting' (others came before). waiter: the member of KEYS[11], '' without a queue;
--                                  waiting: how many waited before this call
--          {'queue_full', waiting}
--
-- Only what has expired, or was taken for this very request by a call whose reply got lost, is removed before everything
-- was checked.

local MOST = 9007199254740991
local terms = cjson.decode(ARGV[1])
local request, model, waiter = ARGV[2], ARGV[3], ARGV[4]
local now = terms.now

-- A counter of v1's, which may be a float's text. What is no number counts nothing.
local function amount(key, scale)
  local text = redis.call('GET', key)
  if not text or not string.find(text, '^%-?%d+%.?%d*$') then return 0 end
  return math.min(math.floor(tonumber(text) * scale + 0.5), MOST)
end

-- Nil when no window is running.
local function window_start()
  if terms.windowMs == 0 then return nil end
  local text = redis.call('GET', KEYS[4])
  if not text or #text > 15 or not string.find(text, '^%d+$') then return nil end
  if now - tonumber(text) >= terms.windowMs then return nil end
  return tonumber(text)
end

local needs_hold = terms.totalLimit + terms.weeklyLimit + terms.dailyLimit + terms.tokenLimit + terms.windowCostLimit > 0

-- An earlier call for this request has taken something, and its reply got lost.
local taken_before = false
local held = { cost = 0, claude = 0, tokens = 0 }
if needs_hold then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], 0, now)
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    local owner, cost, tokens, claude = string.match(member, '^([^:]*):(%d+):(%d+):([01])$')
    if owner == request then
      redis.call('ZREM', KEYS[2], member)
      taken_before = true
    elseif cost then
      held.cost = held.cost + tonumber(cost)
      held.tokens = held.tokens + tonumber(tokens)
      if claude == '1' then held.claude = held.claude + tonumber(cost) end
    end
  end
end

-- The first limit that is used up, and the first that has room only behind the holds.
local used_up, held_limit

-- Answers the room that a limit leaves.
local function room(kind, name, limit, key, scale, held_amount)
  if limit == 0 then return MOST end
  local used = key and amount(key, scale) or 0
  local left = limit - used - held_amount
  if used >= limit then
    used_up = used_up or { kind, name, used }
  elseif left <= 0 then
    held_limit = held_limit or name
  end
  return left
end

local start = window_start()
local total_room = room('spent', 'total', terms.totalLimit, KEYS[8], 1000000, held.cost)
local week = KEYS[9]
if terms.weeklyLimit > 0 and redis.call('EXISTS', week) == 0 then week = KEYS[13] end
local weekly_room = room('spent', 'weekly', terms.weeklyLimit, week, 1000000, held.claude)
local daily_room = room('spent', 'daily', terms.dailyLimit, KEYS[10], 1000000, held.cost)
room('window', 'requests', terms.requestLimit, start and KEYS[5], 1, 0)
local token_room = room('window', 'tokens', terms.tokenLimit, start and KEYS[6], 1, held.tokens)
local window_room = room('window', 'cost', terms.windowCostLimit, start and KEYS[7], 1000000, held.cost)

local function leave_queue()
  if waiter ~= '' then redis.call('ZREM', KEYS[11], waiter) end
end

if used_up then
  leave_queue()
  if used_up[1] == 'window' then used_up[4] = start end
  return used_up
end

local full = false
if terms.concurrencyLimit > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now)
  local has_slot = redis.call('ZSCORE', KEYS[1], request) and true or false
  taken_before = taken_before or has_slot
  full = redis.call('ZCARD', KEYS[1]) >= terms.concurrencyLimit and not has_slot
end

redis.call('ZREMRANGEBYSCORE', KEYS[11], 0, now)
local waiting = redis.call('ZCARD', KEYS[11])

local function number_of(member)
  return tonumber(string.sub(member, 1, 15))
end

local function comes_later()
  if waiting == 0 or waiter == '' then return waiting > 0 end
  for _, other in ipairs(redis.call('ZRANGE', KEYS[11], 0, -1)) do
    if number_of(other) < number_of(waiter) then return true end
  end
  return false
end

local reason = (full and 'concurrency') or held_limit or (comes_later() and 'waiting')
if reason then
  if terms.maxWaiting > 0 then
    if waiter == '' then
      if waiting >= terms.maxWaiting then return { 'queue_full', waiting } end
      waiter = string.format('%015.0f:%s', redis.call('INCRBY', KEYS[12], 1), request)
      redis.call('PEXPIRE', KEYS[12], terms.queueTtlMs)
    end
    redis.call('ZADD', KEYS[11], now + terms.queueAliveMs, waiter)
    redis.call('PEXPIRE', KEYS[11], terms.queueTtlMs)
  end
  return { 'busy', reason, waiter, waiting }
end

local function estimate(text, first)
  if text and #text <= 15 and string.find(text, '^%d+$') then return tonumber(text) end
  return first
end

-- Read before the first write: a key of another type must not leave half of it taken.
local learned = needs_hold and redis.call('HMGET', KEYS[3], 'c:' .. model, 't:' .. model) or {}

leave_queue()

local requests = 1
if start then
  local left_ms = start + terms.windowMs - now
  requests = amount(KEYS[5], 1) + (taken_before and 0 or 1)
  redis.call('SET', KEYS[5], string.format('%.0f', requests), 'PX', left_ms)
elseif terms.windowMs > 0 then
  redis.call('SET', KEYS[4], string.format('%.0f', now), 'PX', terms.windowMs)
  redis.call('SET', KEYS[5], '1', 'PX', terms.windowMs)
  redis.call('SET', KEYS[6], '0', 'PX', terms.windowMs)
  redis.call('SET', KEYS[7], '0', 'PX', terms.windowMs)
end

if terms.concurrencyLimit > 0 then
  redis.call('ZADD', KEYS[1], terms.expiresAt, request)
  redis.call('PEXPIRE', KEYS[1], terms.setTtlMs)
end

local requests_left = terms.requestLimit > 0 and terms.requestLimit - requests or -1
if not needs_hold then return { 'admitted', '', -1, -1, -1, requests_left } end

local function left(limit, room, taken)
  return limit > 0 and room - taken or -1
end

local cost_room = math.min(total_room, daily_room, window_room)
local cost_limit = terms.totalLimit + terms.dailyLimit + terms.windowCostLimit
local cost = math.min(estimate(learned[1], terms.firstMicroUsd), cost_room, weekly_room)
local tokens = math.min(estimate(learned[2], terms.firstTokens), token_room)
local hold = string.format('%s:%.0f:%.0f:%s', request, cost, tokens, terms.isClaude and '1' or '0')
redis.call('ZADD', KEYS[2], terms.expiresAt, hold)
redis.call('PEXPIRE', KEYS[2], terms.setTtlMs)
return {
  'admitted',
  hold,
  left(cost_limit, cost_room, cost),
  left(terms.weeklyLimit, weekly_room, cost),
  left(terms.tokenLimit, token_room, tokens),
  requests_left,
}
