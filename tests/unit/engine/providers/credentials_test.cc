// Whose key a provider gets: one that the gateway stores, one of the configuration, the caller's.
#include "engine/providers/credentials.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace junctor::engine {
namespace {

StoredKey Stored(std::string alias, std::string key, bool is_default = false) {
  StoredKey stored;
  stored.provider = "openai";
  stored.alias = std::move(alias);
  stored.key = Secret(std::move(key));
  stored.is_default = is_default;
  stored.last_use = std::make_shared<std::atomic<int64_t>>(0);
  return stored;
}

struct Setting {
  bool has_default = true;  // a stored key called `default`
  bool byok_only = false;
  bool is_configured = true;  // the configuration has keys
};

class CredentialsTest : public ::testing::Test {
 protected:
  void Set(const Setting& setting) {
    std::vector<StoredKey> keys = {Stored("production", "sk-production")};
    if (setting.has_default) keys.push_back(Stored("default", "sk-default"));
    gateway_.keys = KeyRing(std::move(keys));
    gateway_.byok_only = setting.byok_only;
    record_ = ProviderRecord();
    record_.slug = "openai";
    if (setting.is_configured) {
      record_.key = Secret("sk-configured");
      record_.keys.emplace("production", Secret("sk-configured-production"));
      record_.keys.emplace("testing", Secret("sk-configured-testing"));
    }
    AccessToken token;
    token.hash = HashToken("jct_token");
    directory_.Add(token);
    request_.credentials.directory = &directory_;
    request_.credentials.gateway = &gateway_;
    request_.caller_headers = &headers_;
  }
  std::string Lines(std::string_view alias = {}) {
    request_.byok_alias = alias;
    const auto credential = MakeCredential(request_, record_);
    return credential.ok() ? credential->lines : std::string(credential.status().message());
  }

  GatewayView gateway_;
  Directory directory_;
  ProviderRecord record_;
  net::HeaderList headers_;
  ModelRequest request_;
};

TEST_F(CredentialsTest, AStoredKeyGoesBeforeOneOfTheConfiguration) {
  struct Case {
    Setting setting;
    const char* alias;
    const char* line;
  };
  constexpr bool kNoDefault = false;
  const Case cases[] = {
      {{}, "", "Bearer sk-default"},
      {{}, "default", "Bearer sk-default"},
      {{}, "production", "Bearer sk-production"},
      {{}, "testing", "Bearer sk-configured-testing"},
      {{kNoDefault}, "", "Bearer sk-configured"},
      {{kNoDefault}, "default", "Bearer sk-configured"},
      {{kNoDefault, false, false}, "", "Bearer sk-callers"},
      // Keys of the configuration don't serve: stored ones and the caller's own do.
      {{true, true}, "", "Bearer sk-default"},
      {{kNoDefault, true}, "", "Bearer sk-callers"},
      {{kNoDefault, true}, "default", "Bearer sk-callers"},
      {{true, true}, "production", "Bearer sk-production"},
  };
  headers_.push_back({"authorization", "Bearer sk-callers"});
  for (const Case& one : cases) {
    Set(one.setting);
    EXPECT_EQ(Lines(one.alias), std::string("authorization: ") + one.line + "\r\n") << one.alias;
  }
}

TEST_F(CredentialsTest, AnAliasThatNoKeyHasIsAnError) {
  Set({});
  EXPECT_EQ(Lines("nothing"), "the provider `openai` has no key with the alias `nothing`");
  Set({true, /*byok_only=*/true});
  EXPECT_EQ(Lines("testing"), "the provider `openai` has no key with the alias `testing`");
}

TEST_F(CredentialsTest, TheGatewaysTokenNeverGoesUpstream) {
  Set({/*has_default=*/false, false, /*is_configured=*/false});
  for (const char* value : {"Bearer jct_token", "Basic jct_token", "jct_token"}) {
    headers_ = {};
    headers_.push_back({"authorization", value});
    EXPECT_EQ(Lines(), "") << value;
  }
  record_.auth_header = "x-api-key";
  record_.auth_prefix = "";
  headers_.push_back({"x-api-key", "jct_token"});
  EXPECT_EQ(Lines(), "");
}

TEST_F(CredentialsTest, TheUseOfAStoredKeyIsNoted) {
  Set({});
  (void)Lines("testing");
  const StoredKey* stored = gateway_.keys.Find("openai", "default");
  EXPECT_EQ(stored->last_use->load(), 0);
  (void)Lines();
  EXPECT_GT(stored->last_use->load(), 0);
  EXPECT_EQ(gateway_.keys.Find("openai", "production")->last_use->load(), 0);
}

}  // namespace
}  // namespace junctor::engine
