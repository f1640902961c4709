#include "engine/config/limit_state_reader.h"

#include <chrono>
#include <string>
#include <string_view>

#include "engine/config/provider_reader.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kDefaultFile = "limits.db";
// Fewer than one a shard of the store would refuse keys at random; more than the most take 15 GiB.
constexpr uint64_t kMinMemoryKeys = 1'000;
constexpr uint64_t kMaxMemoryKeys = 60'000'000;
// Below, a busy server would count as away; above, callers would have gone.
constexpr uint64_t kMinStoreTimeoutMs = 10;
constexpr uint64_t kMaxStoreTimeoutMs = 10'000;

// Reads one `limit_state`.
class LimitStateReader {
 public:
  LimitStateReader(const rapidjson::Value& value, const std::filesystem::path& base_dir,
                   const EnvironmentLookup& environment, ConfigProblems* problems,
                   LimitStateConfig* state)
      : reader_(value, "limit_state", problems),
        base_dir_(base_dir),
        environment_(environment),
        problems_(problems),
        state_(state) {}

  void Read() {
    int stores = 0;
    for (const std::string_view key : {"sqlite", "redis", "redis_env"}) {
      if (reader_.Find(key) != nullptr) ++stores;
    }
    if (stores > 1) {
      problems_->Add("limit_state",
                     "expected one of `sqlite`, `redis` and `redis_env`, found several: limits are "
                     "kept in one place");
    }
    std::string text;
    if (reader_.ReadString("sqlite", &text)) {
      state_->sqlite_file = (base_dir_ / text).lexically_normal().string();
    }
    if (reader_.ReadString("redis", &text)) SetRedis("limit_state.redis", text);
    if (reader_.ReadString("redis_env", &text)) {
      constexpr std::string_view kPath = "limit_state.redis_env";
      const Secret url =
          ReadSecret(text, std::string(kPath), "the Redis server's URL", environment_, problems_);
      if (!url.empty()) SetRedis(kPath, url.Reveal());
    }
    if (reader_.ReadString("on_store_failure", &text)) SetPolicy(text);
    reader_.ReadInteger("memory_keys", kMinMemoryKeys, kMaxMemoryKeys, &state_->memory_keys);
    uint64_t timeout = 0;
    if (reader_.ReadInteger("timeout_ms", kMinStoreTimeoutMs, kMaxStoreTimeoutMs, &timeout)) {
      state_->timeout = std::chrono::milliseconds(timeout);
    }
    reader_.Finish();
  }

 private:
  void SetRedis(std::string_view path, std::string_view url) {
    absl::StatusOr<RedisAddress> address = ParseRedisUrl(url);
    if (address.ok()) {
      state_->redis = *std::move(address);
    } else {
      problems_->Add(path, std::string(address.status().message()));
    }
  }

  void SetPolicy(const std::string& text) {
    if (text == "local") {
      state_->on_store_failure = StoreFailurePolicy::kLocal;
    } else if (text == "allow") {
      state_->on_store_failure = StoreFailurePolicy::kAllow;
    } else if (text == "refuse") {
      state_->on_store_failure = StoreFailurePolicy::kRefuse;
    } else {
      problems_->Add("limit_state.on_store_failure",
                     "expected `local`, `allow` or `refuse`, found `" + text.substr(0, 40) + "`");
    }
  }

  ObjectReader reader_;
  const std::filesystem::path& base_dir_;
  const EnvironmentLookup& environment_;
  ConfigProblems* problems_;
  LimitStateConfig* state_;
};

}  // namespace

void ReadLimitState(ObjectReader* root, const std::filesystem::path& base_dir,
                    const EnvironmentLookup& environment, ConfigProblems* problems,
                    Config* config) {
  LimitStateConfig& state = config->limit_state;
  if (const rapidjson::Value* value = root->Find("limit_state")) {
    LimitStateReader(*value, base_dir, environment, problems, &state).Read();
  }
  // Who keeps anything in a file keeps limits too.
  const StorageConfig& storage = config->storage;
  if (state.sqlite_file.empty() && !state.redis.has_value() && !storage.sqlite_file.empty() &&
      storage.postgresql_url.empty()) {
    state.sqlite_file =
        (std::filesystem::path(storage.sqlite_file).parent_path() / kDefaultFile).string();
  }
}

}  // namespace junctor::engine
