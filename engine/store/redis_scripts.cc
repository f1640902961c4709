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

-- The form that the rule wants, with what another one counted.
local function reshape(w, rule)
  local want = rule.sliding and (rule.exact and 'l' or 'r') or 'x'
  if w.f == want and (want ~= 'r' or w.w == rule.window) then return end
  w.changed = true
  if (w.f == 'x') ~= (want == 'x') then
    -- Another technique: money that was spent is taken for spent now, counts begin afresh.
    local spent = rule.money and w.t or 0
    if not rule.money then redis.call('DEL', w.x) end
    drop_slices(w)
    w.f, w.w, w.t, w.s = want, rule.window, 0, 0
    if want == 'r' then
      begin_slices(w, rule.window)
      add_slice(w, now, spent)
    elseif want == 'x' then
      w.s, w.t = floor(now / rule.window) * rule.window, spent
    end
  elseif w.f == 'l' then
    local times = redis.call('LRANGE', w.x, 0, -1)
    redis.call('DEL', w.x)
    begin_slices(w, rule.window)
    for _, time in ipairs(times) do add_slice(w, tonumber(time), 1) end
  elseif w.f == 'r' and w.w ~= rule.window then
    local old = slices(w)
    begin_slices(w, rule.window)
    for _, one in ipairs(old) do add_slice(w, min(one[1], now), one[2]) end
  end
end

local function advance_fixed(w, rule)
  local start = floor(now / rule.window) * rule.window
  if w.s < start then w.t = 0 end
  -- A clock that went back a little stands still; one that went far back was wrong before.
  if w.s < start or w.s - start < rule.window or w.s - start > 2 * rule.window then w.s = start end
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

-- A window as it is now.
local function load(k, x, rule)
  local v = redis.call('HMGET', k, 'f', 's', 't', 'w', 'h', 'g', 'u', 'l')
  local w = {k = k, x = x, f = v[1], s = number(v[2]), t = number(v[3]), w = number(v[4]),
             held = number(v[5]), limit = rule.limit, changed = not v[1]}
  w.changed = w.changed or number(v[8]) ~= rule.limit
  if not w.f then
    w.f, w.w = rule.sliding and (rule.exact and 'l' or 'r') or 'x', rule.window
    if w.f == 'r' then w.s = floor(now / length(w.w)) end
  end
  -- Slices stay until they are empty, also where timestamps would do by now.
  if not (w.f == 'r' and rule.exact and w.w == rule.window) then reshape(w, rule) end
  if w.f ~= 'r' and w.w ~= rule.window then w.w, w.changed = rule.window, true end
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
  if w.f == 'x' then
    if at < w.s then return end
    w.t = w.t + amount
  elseif w.f == 'r' then
    add_slice(w, at, amount)
  else
    -- Of more than the limit, only the newest ever matter.
    if at <= w.last - rule.window then return end
    for _ = 1, min(amount, w.limit) do redis.call('RPUSH', w.x, text(w.last)) end
    w.t = redis.call('LLEN', w.x)
  end
  w.changed = true
end

-- When nothing of it counts any more.
local function empty_at(w, rule)
  if w.f == 'x' then return w.t > 0 and w.s + rule.window or now end
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
  if w.f == 'x' then ttl = max(w.s + rule.window - now, 0) + 1000000 end
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
// reserves (0, 1), the amount to hold, the lease in µs, the hold's id.
constexpr const char* kCheck = R"lua(
-- From when on at most `room` is left.
local function at_most_from(w, rule, room)
  if w.t <= room then return now + 1000000 end
  if w.f == 'x' then return w.s + rule.window end
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
    save(w, rule, element, key)
  end
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
return redis.call('ZCARD', KEYS[1])
)lua";

constexpr const char* kOperator = R"lua(
local v = redis.call('HMGET', KEYS[1], 'f', 'w', 'l', 'e', 'k')
if not v[1] then return {} end
local rule = {money = ARGV[2] == 'm', sliding = v[1] ~= 'x', limit = number(v[3]),
              window = number(v[2]), exact = v[1] == 'l'}
local w = load(KEYS[1], KEYS[2], rule)
if ARGV[1] == 'reset' then
  drop_slices(w)
  if not rule.money then redis.call('DEL', w.x) end
  redis.call('HDEL', w.k, 'g', 'u')
  w.t, w.changed = 0, true
  save(w, rule, v[4], v[5])
elseif ARGV[1] == 'grant' then
  local ends = rule.sliding and now + rule.window or (floor(now / rule.window) + 1) * rule.window
  if number(redis.call('HGET', w.k, 'u')) <= now then redis.call('HDEL', w.k, 'g') end
  redis.call('HINCRBY', w.k, 'g', ARGV[3])
  redis.call('HSET', w.k, 'u', text(ends))
  save(w, rule, v[4], v[5])
end
return {v[4], v[5], text(w.limit), text(w.t), text(w.held), text(max(empty_at(w, rule), now)),
        text(w.limit - number(v[3]))}
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
