#include "engine/store/redis_scripts.h"

namespace junctor::engine {
namespace {

// What all scripts share: a window is loaded, brought up to the present, added to and written.
constexpr const char* kWindow = R"lua(
redis.replicate_commands()
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min
local function text(number) return string.format('%.0f', number) end
local function number(value) if value then return tonumber(value) end return 0 end
local function slot(slice) return text(slice % 65) end
local function length(window) return ceil(window / 64) end

local function drop_slices(w)
  local fields = {}
  for i = 0, 64 do fields[#fields + 1] = text(i) end
  redis.call('HDEL', w.k, unpack(fields))
end

-- Timestamps, or slices: a list of more than 64 timestamps would take more than slices do.
local function room_for(exact, total) return exact and total <= 64 end

-- Adds to the slice of a time that may lie in the past.
local function add_slice(w, at, amount)
  local slice = min(floor(at / length(w.w)), w.s)
  if amount <= 0 or w.s - slice > 64 then return end
  redis.call('HINCRBY', w.k, slot(slice), text(amount))
  w.t = w.t + amount
end

-- Begins with slices: none with anything in it.
local function begin_slices(w, window)
  drop_slices(w)
  w.f, w.w, w.t = 'r', window, 0
  w.s = floor(now / length(window))
end

-- Slices in order of time, the oldest first: {end in µs, amount}.
local function slices(w)
  local fields, found = {}, {}
  for slice = w.s - 64, w.s do fields[#fields + 1] = slot(slice) end
  local values = redis.call('HMGET', w.k, unpack(fields))
  for i, value in ipairs(values) do
    if value then
      found[#found + 1] = {(w.s - 64 + i) * length(w.w) - 1, tonumber(value), w.s - 65 + i}
    end
  end
  return found
end

-- What a sliding window counts, the oldest first: {latest time in µs, amount}.
local function amounts(w)
  if w.f == 'r' then return slices(w) end
  local found = {}
  for i, time in ipairs(redis.call('LRANGE', w.x, 0, -1)) do found[i] = {tonumber(time), 1} end
  return found
end

-- Counts in slices of the rule's window what a sliding window counted.
local function to_slices(w, rule)
  local old = amounts(w)
  if w.f == 'l' then redis.call('DEL', w.x) end
  begin_slices(w, rule.window)
  for _, one in ipairs(old) do add_slice(w, min(one[1], now), one[2]) end
end

-- A fixed window becomes a sliding one: when the latest of what it counted came is known.
local function to_sliding(w, rule)
  local total, latest = w.t, w.s
  if latest <= now - rule.window then total = 0 end
  if not room_for(rule.exact, total) then
    begin_slices(w, rule.window)
    add_slice(w, latest, total)
    return
  end
  w.f, w.w, w.s, w.t = 'l', rule.window, 0, total
  for _ = 1, total do redis.call('RPUSH', w.x, text(latest)) end
end

-- A sliding window becomes a fixed one: what may lie in the current one counts.
local function to_fixed(w, rule)
  local start = floor(now / rule.window) * rule.window
  local total, latest = 0, start
  for _, one in ipairs(amounts(w)) do
    if one[1] >= start then total, latest = total + one[2], min(one[1], now) end
  end
  if w.f == 'l' then redis.call('DEL', w.x) else drop_slices(w) end
  w.f, w.w, w.s, w.t = 'x', rule.window, latest, total
end

-- The form that the rule wants, with what another one counted (R17).
local function reshape(w, rule)
  if (w.f == 'x') == rule.sliding then
    w.changed = true
    if rule.sliding then to_sliding(w, rule) else to_fixed(w, rule) end
  elseif w.f == 'r' and w.w ~= rule.window or w.f == 'l' and not rule.exact then
    w.changed = true
    to_slices(w, rule)
  elseif w.w ~= rule.window then
    w.w, w.changed = rule.window, true
  end
end

-- Keeps no length: what a window of another length counted counts in the current one as long as
-- the latest of it lies in that.
local function advance_fixed(w, rule)
  w.start = floor(now / rule.window) * rule.window
  if w.s < w.start then
    w.t, w.s = 0, w.start
  elseif w.s - w.start >= rule.window then
    -- A clock that went back a little stands still; one that went far back was wrong before.
    local counted = floor(w.s / rule.window) * rule.window
    if counted - w.start <= rule.window then w.start = counted else w.s = now end
  end
end

local function advance_slices(w)
  local current = floor(now / length(w.w))
  if current < w.s then
    if w.s - current > 65 then
      local total = w.t
      drop_slices(w)
      w.s, w.t = current, 0
      add_slice(w, now, total)
      w.changed = true
    end
    return
  end
  if current == w.s then return end
  w.changed = true
  local fields = {}
  for slice = max(w.s + 1, current - 64), current do fields[#fields + 1] = slot(slice) end
  for _, value in ipairs(redis.call('HMGET', w.k, unpack(fields))) do w.t = w.t - number(value) end
  redis.call('HDEL', w.k, unpack(fields))
  w.s = current
end

local function advance_times(w, rule)
  local last = number(redis.call('LINDEX', w.x, -1))
  if last - now > rule.window then
    local count = redis.call('LLEN', w.x)
    redis.call('DEL', w.x)
    for _ = 1, count do redis.call('RPUSH', w.x, text(now)) end
    last = now
  end
  w.last = max(last, now)
  while true do
    local first = redis.call('LINDEX', w.x, 0)
    if not first or tonumber(first) > w.last - rule.window then break end
    redis.call('LPOP', w.x)
  end
  w.t = redis.call('LLEN', w.x)
end

-- Ends the holds whose lease has ended.
local function advance_holds(w)
  if w.held == 0 then return end
  local ended = redis.call('ZRANGEBYSCORE', w.x, '-inf', text(now))
  for _, hold in ipairs(ended) do
    w.held = w.held - tonumber(string.match(hold, ':(%d+)$'))
    redis.call('ZREM', w.x, hold)
  end
  if #ended > 0 then redis.call('HSET', w.k, 'h', text(w.held)) end
end

-- A window as it is now. What changed of it must be saved, also where nothing is taken.
local function load(k, x, rule)
  local v = redis.call('HMGET', k, 'f', 's', 't', 'w', 'h', 'g', 'u', 'l')
  if rule.stays and v[1] then
    rule.sliding, rule.exact = v[1] ~= 'x', v[1] == 'l'
    rule.limit, rule.window = number(v[8]), number(v[4])
  end
  local w = {k = k, x = x, f = v[1], s = number(v[2]), t = number(v[3]), w = number(v[4]),
             held = number(v[5]), limit = rule.limit, is_new = not v[1]}
  w.changed = w.is_new or number(v[8]) ~= rule.limit
  if w.is_new then
    w.f, w.w = rule.sliding and (rule.exact and 'l' or 'r') or 'x', rule.window
    if w.f == 'r' then w.s = floor(now / length(w.w)) end
  end
  -- Slices stay until they are empty, also where timestamps would do by now.
  reshape(w, rule)
  if w.f == 'x' then advance_fixed(w, rule)
  elseif w.f == 'r' then advance_slices(w)
  else advance_times(w, rule) end
  if w.f == 'r' and w.t == 0 and rule.exact then
    w.f, w.changed = 'l', true
    advance_times(w, rule)
  end
  if rule.money then advance_holds(w) end
  if number(v[7]) > now then w.limit = w.limit + number(v[6]) end
  return w
end

-- Adds to what is counted.
local function add(w, rule, at, amount)
  if amount <= 0 then return end
  if w.f == 'l' and not room_for(rule.exact, w.t + amount) then to_slices(w, rule) end
  if w.f == 'x' then
    if at < w.start then return end
    w.t, w.s = w.t + amount, max(w.s, at)
  elseif w.f == 'r' then
    add_slice(w, at, amount)
  else
    if at <= w.last - rule.window then return end
    for _ = 1, amount do redis.call('RPUSH', w.x, text(w.last)) end
    w.t = w.t + amount
  end
  w.changed = true
end

-- When nothing of it counts any more.
local function empty_at(w, rule)
  if w.f == 'x' then return w.t > 0 and w.start + rule.window or now end
  if w.f == 'l' then
    local last = redis.call('LINDEX', w.x, -1)
    return last and tonumber(last) + rule.window or now
  end
  local found = slices(w)
  return #found > 0 and (found[#found][3] + 65) * length(w.w) or now
end

local function save(w, rule, element, key)
  if w.changed then
    redis.call('HSET', w.k, 'f', w.f, 's', text(w.s), 't', text(w.t), 'w', text(w.w), 'l',
               text(rule.limit), 'e', element, 'k', key)
  elseif w.f ~= 'l' then
    redis.call('HSET', w.k, 's', text(w.s), 't', text(w.t))
  end
  local ttl = rule.window + 1000000
  if w.f == 'x' then ttl = max(w.start + rule.window - now, 0) + 1000000 end
  if w.f == 'r' then ttl = ttl + length(w.w) end
  if rule.money and w.held > 0 then
    local last = redis.call('ZRANGE', w.x, -1, -1, 'WITHSCORES')
    if last[2] then ttl = max(ttl, tonumber(last[2]) - now + 1000000) end
  end
  ttl = text(ceil(ttl / 1000))
  redis.call('PEXPIRE', w.k, ttl)
  if rule.money and w.held > 0 or w.f == 'l' then redis.call('PEXPIRE', w.x, ttl) end
end

local function read_rule(first)
  return {money = ARGV[first] == 'm', sliding = ARGV[first + 1] == '1',
          limit = tonumber(ARGV[first + 2]), window = tonumber(ARGV[first + 3]),
          exact = ARGV[first] == 'c' and ARGV[first + 1] == '1' and
                  tonumber(ARGV[first + 2]) <= 64}
end
)lua";

// Of each limit: type (c, m), technique (0, 1), limit, window in µs, element, key, whether it
// reserves (0, 1), the amount to hold, the lease in µs, the hold's id. Last, the deadline.
constexpr const char* kCheck = R"lua(
if now > tonumber(ARGV[#ARGV]) then return {now} end

-- From when on at most `room` is left.
local function at_most_from(w, rule, room)
  if w.t <= room then return now + 1000000 end
  if w.f == 'x' then return w.start + rule.window end
  if w.f == 'l' then
    return tonumber(redis.call('LINDEX', w.x, w.t - room - 1)) + rule.window
  end
  local left = w.t
  for _, one in ipairs(slices(w)) do
    left = left - one[2]
    if left <= room then return (one[3] + 65) * length(w.w) end
  end
  return now + rule.window
end

local answers = {}
for i = 1, #KEYS / 2 do
  local a = (i - 1) * 10
  local rule = read_rule(a + 1)
  local w = load(KEYS[2 * i - 1], KEYS[2 * i], rule)
  local element, key = ARGV[a + 5], ARGV[a + 6]
  local reserve = ARGV[a + 7] == '1'
  local amount = reserve and tonumber(ARGV[a + 8]) or 0
  local verdict, wait = 1, 0
  local room = w.limit - 1
  if amount > w.limit then
    verdict, wait = -1, rule.window
  else
    if reserve then room = min(room, w.limit - amount) end
    if w.t + w.held > room then
      verdict, wait = 0, max(at_most_from(w, rule, room) - now, 1)
    elseif reserve and redis.call('ZCARD', w.x) >= 16384 then
      verdict, wait = 0, 1000000
    end
  end
  if verdict == 1 then
    if not rule.money then
      add(w, rule, now, 1)
    elseif reserve then
      w.held = w.held + amount
      redis.call('ZADD', w.x, text(now + tonumber(ARGV[a + 9])),
                 ARGV[a + 10] .. ':' .. text(amount))
      redis.call('HSET', w.k, 'h', text(w.held))
    end
  end
  if verdict == 1 or w.changed and not w.is_new then save(w, rule, element, key) end
  local reset = 0
  if not rule.money then reset = max(empty_at(w, rule) - now, 0) end
  answers[i] = {verdict, wait, w.limit, max(w.limit - w.t - w.held, 0), reset}
  if verdict ~= 1 then break end
end
return answers
)lua";

// Type, technique, limit, window in µs, element, key, amount, how long ago in µs, instance, its
// number; then pairs of holds: as it was, and as it is to be or an empty text.
constexpr const char* kCharge = R"lua(
local rule = read_rule(1)
-- It was booked by the rule that its request passed: the one that serves by now is the latest
-- question's.
rule.stays = true
local w = load(KEYS[1], KEYS[2], rule)
local counter = 'q:' .. ARGV[9]
if number(redis.call('HGET', w.k, counter)) < tonumber(ARGV[10]) then
  add(w, rule, now - tonumber(ARGV[8]), tonumber(ARGV[7]))
  redis.call('HSET', w.k, counter, ARGV[10])
end
for i = 11, #ARGV - 1, 2 do
  local lease = redis.call('ZSCORE', w.x, ARGV[i])
  if lease then
    redis.call('ZREM', w.x, ARGV[i])
    w.held = w.held - tonumber(string.match(ARGV[i], ':(%d+)$'))
    if ARGV[i + 1] ~= '' then
      redis.call('ZADD', w.x, lease, ARGV[i + 1])
      w.held = w.held + tonumber(string.match(ARGV[i + 1], ':(%d+)$'))
    end
    redis.call('HSET', w.k, 'h', text(w.held))
  end
end
save(w, rule, ARGV[5], ARGV[6])
return 1
)lua";

constexpr const char* kBeat = R"lua(
redis.replicate_commands()
local clock = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(clock[1]) - 10)
if ARGV[2] == '1' then
  redis.call('ZADD', KEYS[1], clock[1], ARGV[1])
else
  redis.call('ZREM', KEYS[1], ARGV[1])
end
redis.call('EXPIRE', KEYS[1], 20)
return {redis.call('ZCARD', KEYS[1]), tonumber(clock[1]) * 1000000 + tonumber(clock[2])}
)lua";

constexpr const char* kOperator = R"lua(
local v = redis.call('HMGET', KEYS[1], 'f', 'l', 'e', 'k')
if not v[1] then return {} end
local rule = {money = ARGV[2] == 'm', stays = true}
local w = load(KEYS[1], KEYS[2], rule)
if ARGV[1] == 'reset' then
  drop_slices(w)
  if not rule.money then redis.call('DEL', w.x) end
  redis.call('HDEL', w.k, 'g', 'u')
  w.t, w.changed = 0, true
elseif ARGV[1] == 'grant' then
  local ends = rule.sliding and now + rule.window or (floor(now / rule.window) + 1) * rule.window
  if number(redis.call('HGET', w.k, 'u')) <= now then redis.call('HDEL', w.k, 'g') end
  redis.call('HINCRBY', w.k, 'g', ARGV[3])
  redis.call('HSET', w.k, 'u', text(ends))
  w.changed = true
end
if w.changed then save(w, rule, v[3], v[4]) end
return {v[3], v[4], text(w.limit), text(w.t), text(w.held), text(max(empty_at(w, rule), now)),
        text(w.limit - number(v[2]))}
)lua";

}  // namespace

const std::string& RedisCheckScript() {
  static const auto* const script = new std::string(std::string(kWindow) + kCheck);
  return *script;
}

const std::string& RedisChargeScript() {
  static const auto* const script = new std::string(std::string(kWindow) + kCharge);
  return *script;
}

const std::string& RedisBeatScript() {
  static const auto* const script = new std::string(kBeat);
  return *script;
}

const std::string& RedisOperatorScript() {
  static const auto* const script = new std::string(std::string(kWindow) + kOperator);
  return *script;
}

}  // namespace junctor::engine
