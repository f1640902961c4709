// What limits are called in Redis.
#pragma once

#include <string>
#include <string_view>

#include "engine/limits/limit_key.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

// The main and the side key of one window (redis_scripts.h). Every limit of a gateway has the
// gateway's name as its hash tag, so that a cluster keeps the limits of one path in one slot.
struct RedisLimitKey {
  std::string main;
  std::string side;
};

RedisLimitKey RedisKeyOf(LimitType type, const LimitName& name, std::string_view key);

// A pattern of SCAN for the main keys of one type of a route's limits.
std::string RedisPatternOf(LimitType type, std::string_view gateway, std::string_view route);

// A type as scripts are told it.
constexpr std::string_view RedisTypeLetter(LimitType type) {
  return type == LimitType::kCost ? "m" : "c";
}

// The set of gateways that live.
inline constexpr std::string_view kRedisInstances = "junctor:instances";

}  // namespace junctor::engine
