#include "engine/serve/limit_state.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include "engine/limits/limit_store.h"
#include "engine/observe/log_event.h"
#include "engine/store/limit_journal.h"
#include "engine/store/redis_limits.h"

namespace junctor::engine {

LimitState::LimitState() = default;
LimitState::~LimitState() = default;

absl::StatusOr<std::unique_ptr<LimitState>> LimitState::Open(const Config& config, Log* log) {
  const LimitStateConfig& wanted = config.limit_state;
  std::unique_ptr<LimitState> state(new LimitState());
  if (wanted.redis.has_value()) {
    RedisLimitOptions options;
    options.address = *wanted.redis;
    options.on_failure = wanted.on_store_failure;
    options.memory_keys = wanted.memory_keys;
    options.timeout = wanted.timeout;
    state->redis_ = std::make_unique<RedisLimits>(std::move(options), log);
    return state;
  }
  state->store_ = std::make_unique<LimitStore>(wanted.memory_keys);
  if (wanted.sqlite_file.empty()) return state;
  const int64_t now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  absl::StatusOr<std::unique_ptr<LimitJournal>> journal =
      LimitJournal::Open(wanted.sqlite_file, state->store_.get(), log, now_ns);
  if (!journal.ok()) return journal.status();
  state->journal_ = *std::move(journal);
  LogEvent(log, LogLevel::kInfo, "limits_restored")
      .Text("file", wanted.sqlite_file)
      .Unsigned("windows", state->journal_->counters().restored);
  return state;
}

LimitBackend* LimitState::backend() {
  if (redis_ != nullptr) return redis_.get();
  return store_.get();
}

std::vector<std::string> LimitState::Troubles() const {
  if (redis_ != nullptr) return redis_->Troubles();
  std::vector<std::string> troubles;
  if (journal_ != nullptr) troubles = journal_->Troubles();
  if (const uint64_t refused = store_->refused_for_room(); refused > 0) {
    troubles.push_back("limits keep as many keys as `limit_state.memory_keys` allows: " +
                       std::to_string(refused) + " requests with new keys were refused");
  }
  return troubles;
}

void LimitState::Stop() {
  if (redis_ != nullptr) redis_->Stop();
  if (journal_ != nullptr) journal_->Stop();
}

}  // namespace junctor::engine
