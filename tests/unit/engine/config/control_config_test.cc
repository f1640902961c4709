// What the control plane is configured with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/config/config.h"

namespace junctor::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<Config> ParseControl(std::string_view text,
                                    std::map<std::string, std::string> variables = {}) {
  return ParseConfig(text, "junctor.json", "/etc/junctor",
                     [&variables](const std::string& name) -> std::optional<std::string> {
                       const auto found = variables.find(name);
                       if (found == variables.end()) return std::nullopt;
                       return found->second;
                     });
}

TEST(ControlConfigTest, WithoutItsKeysThereIsNoControlPlane) {
  const auto config = ParseControl("{}");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->has_control_plane());
  EXPECT_FALSE(config->admin.has_value());
}

TEST(ControlConfigTest, AnEmptyAdminTurnsEverythingOnWithDefaults) {
  const auto config = ParseControl(R"({"admin": {}})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->has_control_plane());
  ASSERT_TRUE(config->admin.has_value());
  EXPECT_EQ(config->admin->listen.host, "127.0.0.1");
  EXPECT_EQ(config->admin->listen.port, 8788);
  EXPECT_TRUE(config->admin->token.empty());
  EXPECT_TRUE(config->admin->default_authentication);
  EXPECT_EQ(config->storage.sqlite_file, "/etc/junctor/junctor.db");
  EXPECT_EQ(config->storage.postgresql_url, "");
  EXPECT_EQ(config->secrets.master_key_file, "");
  EXPECT_TRUE(config->secrets.master_key.empty());
}

TEST(ControlConfigTest, EveryKeyIsRead) {
  const auto config = ParseControl(R"({
    "admin": {"listen": "[::1]:0", "token_env": "ADMIN", "default_gateway": {"authentication": false},
              "audit_days": 90},
    "public_url": "https://ai.example.com/gateway/",
    "storage": {"sqlite": "state/j.db"},
    "secrets": {"master_key_file": "../master.key"},
    "allow_private_targets": ["localhost", "10.1.0.0/16", "fd00::/8", "127.0.0.1", "::1"]
  })",
                                   {{"ADMIN", "t0p"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->admin->listen.host, "::1");
  EXPECT_EQ(config->admin->listen.port, 0);
  EXPECT_TRUE(config->admin->token.Matches("t0p"));
  EXPECT_FALSE(config->admin->default_authentication);
  EXPECT_EQ(config->admin->audit_days, 90U);
  EXPECT_EQ(config->public_url, "https://ai.example.com/gateway");
  EXPECT_EQ(config->storage.sqlite_file, "/etc/junctor/state/j.db");
  EXPECT_EQ(config->secrets.master_key_file, "/etc/master.key");
  EXPECT_THAT(config->allow_private_targets,
              ElementsAre("localhost", "10.1.0.0/16", "fd00::/8", "127.0.0.1", "::1"));
}

TEST(ControlConfigTest, ADatabaseMayBeNamedByItsUrlOrByAVariable) {
  const auto written = ParseControl(R"({"storage": {"postgresql": "postgres://u:p@db/junctor"}})");
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_TRUE(written->has_control_plane());
  EXPECT_FALSE(written->admin.has_value());
  EXPECT_EQ(written->storage.postgresql_url, "postgres://u:p@db/junctor");
  EXPECT_EQ(written->storage.sqlite_file, "");
  const auto named =
      ParseControl(R"({"storage": {"postgresql_env": "DB"}})", {{"DB", "postgresql://db/junctor"}});
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(named->storage.postgresql_url, "postgresql://db/junctor");
}

TEST(ControlConfigTest, AMasterKeyMayStandInAVariable) {
  const auto config = ParseControl(R"({"admin": {}, "secrets": {"master_key_env": "KEY"}})",
                                   {{"KEY", std::string(64, 'a')}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->secrets.master_key.Matches(std::string(64, 'a')));
}

TEST(ControlConfigTest, EveryProblemNamesKeyValueAndExpectation) {
  const struct {
    const char* name;
    const char* text;
    const char* error;
  } kCases[] = {
      {"admin is no object", R"({"admin": true})", "`admin`: expected an object, found true"},
      {"an unknown key", R"({"admin": {"tokn_env": "X"}})",
       "`admin.tokn_env`: unknown key; did you mean `token_env`?"},
      {"a key given twice", R"({"admin": {"listen": "127.0.0.1:1", "listen": "127.0.0.1:2"}})",
       "`admin.listen`: the key stands there twice"},
      {"a bad address", R"({"admin": {"listen": "nowhere"}})", "`admin.listen`: "},
      {"a token that is not set", R"({"admin": {"token_env": "NOPE"}})",
       "`admin.token_env`: the environment variable `NOPE` of the admin API's token is not set"},
      {"authentication that is no truth value",
       R"({"admin": {"default_gateway": {"authentication": "no"}}})",
       "`admin.default_gateway.authentication`: expected `true` or `false`, found the string `no`"},
      {"an unknown setting of the default gateway",
       R"({"admin": {"default_gateway": {"cache_ttl": 3}}})",
       "`admin.default_gateway.cache_ttl`: unknown key"},
      {"more days than are of use", R"({"admin": {"audit_days": 36501}})", "`admin.audit_days`: "},
      {"a public URL that is none", R"({"public_url": "ai.example.com"})", "`public_url`: "},
      {"both storages", R"({"storage": {"sqlite": "a.db", "postgresql": "postgres://db"}})",
       "`storage`: expected one of `sqlite`, `postgresql` and `postgresql_env`, found several"},
      {"a URL and a variable",
       R"({"storage": {"postgresql": "postgres://db", "postgresql_env": "DB"}})", "found several"},
      {"no storage", R"({"storage": {}})",
       "`storage`: expected `sqlite`, `postgresql` or `postgresql_env`"},
      {"a storage given twice", R"({"storage": {"sqlite": "a"}, "storage": {"sqlite": "b"}})",
       "`storage`: the key stands there twice"},
      {"a URL of something else", R"({"storage": {"postgresql": "mysql://root:secret@db"}})",
       "`storage.postgresql`: the text is no URL that begins with `postgres://`"},
      {"a variable that holds no URL", R"({"storage": {"postgresql_env": "DB"}})",
       "`storage.postgresql_env`: the content of `DB` is no URL that begins with"},
      {"no master key", R"({"secrets": {}})",
       "`secrets`: expected `master_key_file` or `master_key_env`"},
      {"two master keys", R"({"secrets": {"master_key_file": "a", "master_key_env": "DB"}})",
       "found both: there is one master key"},
      {"a target that is no host", R"({"allow_private_targets": ["localhost", "http://x"]})",
       "`allow_private_targets[1]`: `http://x` is not a host name, an address or a network"},
      {"a network that is too long", R"({"allow_private_targets": ["10.0.0.0/33"]})",
       "`allow_private_targets[0]`: `10.0.0.0/33` is not"},
      {"a network of a name", R"({"allow_private_targets": ["example.com/8"]})",
       "`allow_private_targets[0]`: `example.com/8` is not"},
      {"a target that is no text", R"({"allow_private_targets": [1]})",
       "`allow_private_targets[0]`: expected a string, found the number 1"},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.name);
    const auto config = ParseControl(test.text, {{"DB", "root:secret@db"}});
    ASSERT_FALSE(config.ok());
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(test.error));
    EXPECT_THAT(std::string(config.status().message()), Not(HasSubstr("secret@db")));
  }
}

}  // namespace
}  // namespace junctor::engine
