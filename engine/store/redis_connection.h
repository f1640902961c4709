// One connection to a Redis server: commands are put together, sent in one go, and answered in
// order.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/config/redis_address.h"
#include "engine/store/redis_link.h"

struct redisContext;

namespace junctor::engine {

// In a process that ignores SIGPIPE. Blocks, for `timeout` at most at each read or write.
class RedisConnection final : public RedisLink {
 public:
  // Connects, shows the credentials and chooses the database.
  static absl::StatusOr<std::unique_ptr<RedisConnection>> Open(const RedisAddress& address,
                                                               std::chrono::milliseconds timeout);
  ~RedisConnection() override;
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  void Append(std::string_view commands) override;
  absl::StatusOr<RedisReply> Read() override;
  // One command and its answer, where no others are open. An error of the server is an error.
  absl::StatusOr<RedisReply> Run(const std::vector<std::string_view>& command);

 private:
  explicit RedisConnection(redisContext* context) : context_(context) {}
  absl::Status ErrorOf() const;

  redisContext* const context_;
};

}  // namespace junctor::engine
