// `limit_state`, and URLs of Redis servers.
#include <gtest/gtest.h>

#include "engine/config/config.h"

namespace junctor::engine {
namespace {

absl::StatusOr<Config> ParseLimits(const std::string& text) {
  return ParseConfig(text, "junctor.json", "/etc/junctor",
                     [](const std::string& name) -> std::optional<std::string> {
                       if (name == "REDIS") return "redis://:pa%40ss@cache:7000/2";
                       if (name == "BROKEN") return "secret-without-a-scheme";
                       return std::nullopt;
                     });
}

TEST(LimitState, StandsBesideTheControlPlanesFileWhereNothingElseIsSaid) {
  const struct {
    const char* name;
    const char* text;
    const char* file;
  } cases[] = {
      {"no control plane: memory", "{}", ""},
      {"an admin API", R"({"admin": {}})", "/etc/junctor/limits.db"},
      {"another file", R"({"storage": {"sqlite": "/var/lib/j/a.db"}})", "/var/lib/j/limits.db"},
      {"PostgreSQL", R"({"storage": {"postgresql": "postgres://x"}})", ""},
      {"a file of its own", R"({"limit_state": {"sqlite": "l.db"}})", "/etc/junctor/l.db"},
      {"a server", R"({"admin": {}, "limit_state": {"redis": "redis://x"}})", ""},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Config> config = ParseLimits(c.text);
    ASSERT_TRUE(config.ok()) << c.name << config.status();
    EXPECT_EQ(config->limit_state.sqlite_file, c.file) << c.name;
  }
}

TEST(LimitState, ReadsAServer) {
  const absl::StatusOr<Config> config = ParseLimits(
      R"({"limit_state": {"redis_env": "REDIS", "on_store_failure": "refuse", "timeout_ms": 50,
          "memory_keys": 5000}})");
  ASSERT_TRUE(config.ok()) << config.status();
  const LimitStateConfig& state = config->limit_state;
  ASSERT_TRUE(state.redis.has_value());
  EXPECT_EQ(state.redis->host, "cache");
  EXPECT_EQ(state.redis->port, 7000);
  EXPECT_EQ(state.redis->database, 2u);
  EXPECT_EQ(state.redis->password.Reveal(), "pa@ss");
  EXPECT_EQ(state.redis->Text(), "redis://cache:7000/2");
  EXPECT_EQ(state.on_store_failure, StoreFailurePolicy::kRefuse);
  EXPECT_EQ(state.timeout.count(), 50);
  EXPECT_EQ(state.memory_keys, 5000u);
}

TEST(LimitState, SaysWhatIsWrongAndNeverASecret) {
  const struct {
    const char* text;
    const char* expected;
  } cases[] = {
      {R"({"redis": "redis://a", "sqlite": "b"})", "found several"},
      {R"({"redis": "http://a"})", "`limit_state.redis`: no URL of a Redis server"},
      {R"({"redis": "rediss://a"})", "TLS"},
      {R"({"redis": "redis://"})", "the host is missing"},
      {R"({"redis": "redis://a:99999"})", "the port is not a number"},
      {R"({"redis": "redis://a/x"})", "the database is not a number"},
      {R"({"redis": "redis://secret@a"})", "the credentials can't be read"},
      {R"({"redis": "unix://relative"})", "not absolute"},
      {R"({"redis_env": "BROKEN"})", "no URL of a Redis server"},
      {R"({"redis_env": "UNSET"})", "UNSET"},
      {R"({"on_store_failure": "open"})", "expected `local`, `allow` or `refuse`, found `open`"},
      {R"({"memory_keys": 1})", "limit_state.memory_keys"},
      {R"({"timeout_ms": 0})", "limit_state.timeout_ms"},
      {R"({"reddis": "redis://a"})", "limit_state.reddis"},
      {R"([])", "limit_state"},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Config> config =
        ParseLimits(R"({"limit_state": )" + std::string(c.text) + "}");
    ASSERT_FALSE(config.ok()) << c.text;
    const std::string message(config.status().message());
    EXPECT_NE(message.find(c.expected), std::string::npos) << message;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
  }
}

TEST(RedisAddress, ReadsEveryForm) {
  const struct {
    const char* url;
    const char* text;
  } cases[] = {
      {"redis://host", "redis://host:6379/0"},
      {"redis://host/", "redis://host:6379/0"},
      {"redis://user:pass@10.0.0.1:1/3", "redis://10.0.0.1:1/3"},
      {"redis://[::1]:7/1", "redis://[::1]:7/1"},
      {"unix:///run/redis.sock", "unix:///run/redis.sock?db=0"},
      {"unix://:pass@/run/redis.sock?db=4", "unix:///run/redis.sock?db=4"},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<RedisAddress> address = ParseRedisUrl(c.url);
    ASSERT_TRUE(address.ok()) << c.url;
    EXPECT_EQ(address->Text(), c.text);
  }
}

}  // namespace
}  // namespace junctor::engine
