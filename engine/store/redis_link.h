// What a Redis server answers, and the way to it, as those see it who need not know that it is a
// socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

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

// A connection, used by one thread at a time. After an error it is of no use.
class RedisLink {
 public:
  virtual ~RedisLink() = default;

  // Puts commands, as RedisCommands writes them, to those that are sent before the next answer is
  // read.
  virtual void Append(std::string_view commands) = 0;
  // Waits for the answer to the oldest command that was not read yet. Unavailable: the connection
  // is broken or the server too slow.
  virtual absl::StatusOr<RedisReply> Read() = 0;
};

}  // namespace junctor::engine
