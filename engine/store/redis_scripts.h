// The scripts that a Redis server runs for limits: windows by the server's clock.
//
// What they keep, per limit and key value, under two keys of one slot:
//
//   main   a hash: f form (x fixed, r slices, l timestamps), w window in µs, s in µs when the fixed
//          window counted something last, or number of the newest slice, t total, 0 … 64 the
//          slices' sums, h sum of the holds, g and u a grant and when it ends, l the limit, e and k
//          element and key for people, q:<instance> number of the last charge that an instance made
//   side   counts of form l: a list of at most 64 timestamps in µs; costs: a sorted set of holds
//          `id:amount` by the end of their lease in µs
//
// Times are µs since 1970, amounts requests or nano-dollars. Lua counts in doubles: sums are exact
// up to 2^53, nine million dollars in a window.
#pragma once

#include <string>

namespace junctor::engine {

// KEYS: main and side key of each limit, in the order in which they are asked. ARGV: for each
// kCheckArguments values, see the script; then the deadline, µs since 1970 by the server's clock.
// Answers for each limit up to the first that refuses
// {1 admitted | 0 refused | -1 too large, wait in µs, limit, left, µs until it is empty}; after the
// deadline it takes nothing, and answers {the server's time}.
const std::string& RedisCheckScript();
inline constexpr int kCheckArguments = 10;

// KEYS: main and side key. Adds to what was counted, once for each number of an instance, and moves
// holds.
const std::string& RedisChargeScript();

// KEYS[1]: the sorted set of instances. Notes that ARGV[1] lives (ARGV[2] is 1) or ends (0);
// answers how many live, and the server's time.
const std::string& RedisBeatScript();

// KEYS: main and side key. ARGV: `look`, `reset` or `grant`; the type (c, m); the amount of a
// grant. Answers an empty array where there is no window; of `look` {element, key, limit, total,
// held, µs since 1970 until which it counts}.
const std::string& RedisOperatorScript();

}  // namespace junctor::engine
