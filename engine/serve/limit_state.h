// Where limits are kept, as the configuration says: in memory, in a file besides, or in a server
// that several gateways share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/config/config.h"
#include "engine/limits/limit_backend.h"
#include "engine/observe/log.h"

namespace junctor::engine {

class LimitJournal;
class LimitStore;
class RedisLimits;

// Made at the start, before anybody asks; thread-safe then.
class LimitState {
 public:
  // An error where the file can't be opened. A server that can't be reached is none: the gateway
  // begins without it. Both outlive the object.
  static absl::StatusOr<std::unique_ptr<LimitState>> Open(const Config& config, Log* log);
  ~LimitState();

  LimitBackend* backend();
  // What an operator should know, a sentence each; empty while all is well. Until the object goes.
  std::vector<std::string> Troubles() const;
  // Answers what is open and writes what is left. Before the event loops go that wait for answers.
  void Stop();

 private:
  LimitState();

  std::unique_ptr<LimitStore> store_;      // without a server
  std::unique_ptr<LimitJournal> journal_;  // of store_
  std::unique_ptr<RedisLimits> redis_;
};

}  // namespace junctor::engine
