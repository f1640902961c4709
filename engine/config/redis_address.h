// Where a Redis server is: a URL of the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/config/secret.h"

namespace junctor::engine {

struct RedisAddress {
  std::string host;
  uint16_t port = 6379;
  std::string socket;  // path of a Unix socket, instead of host and port
  uint32_t database = 0;
  std::string user;  // empty: the default one
  Secret password;   // empty: none

  // Without user and password, for logs.
  std::string Text() const;
};

// Reads `redis://[[user]:password@]host[:port][/database]` or
// `unix://[[user]:password@]/path[?db=N]`. InvalidArgument says what is wrong and never holds the
// password.
absl::StatusOr<RedisAddress> ParseRedisUrl(std::string_view url);

}  // namespace junctor::engine
