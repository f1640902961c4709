// One connection to a Redis server: commands are put together, sent in one go, and answered in
// order.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/config/redis_address.h"

struct redisContext;

namespace junctor::engine {

// What a server answered to one command.
struct RedisReply {
  enum class Kind : uint8_t { kNil, kInteger, kText, kArray, kError };
  Kind kind = Kind::kNil;
  int64_t integer = 0;
  std::string text;  // kText; kError: what the server says
  std::vector<RedisReply> items;

  bool is_error() const { return kind == Kind::kError; }
  // An integer, also one written as text; 0 where it is neither.
  int64_t Number() const;
};

// Used by one thread at a time, in a process that ignores SIGPIPE. Blocks, for `timeout` at most at each read or write. After an error
// the connection is of no use.
class RedisConnection {
 public:
  // Connects, shows the credentials and chooses the database.
  static absl::StatusOr<std::unique_ptr<RedisConnection>> Open(const RedisAddress& address,
                                                               std::chrono::milliseconds timeout);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Puts a command to those that are sent before the next answer is read.
  void Append(const std::vector<std::string_view>& command);
  // The answer to the oldest command that was not read yet. Unavailable: the connection is broken
  // or the server too slow.
  absl::StatusOr<RedisReply> Read();
  // One command and its answer, where no others are open. An error of the server is an error.
  absl::StatusOr<RedisReply> Run(const std::vector<std::string_view>& command);

 private:
  explicit RedisConnection(redisContext* context) : context_(context) {}
  absl::Status ErrorOf() const;

  redisContext* const context_;
};

}  // namespace junctor::engine
