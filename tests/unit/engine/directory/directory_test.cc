#include "engine/directory/directory.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/directory/live.h"

namespace junctor::engine {
namespace {

StoredKey Key(std::string provider, std::string alias, bool is_default, std::string key) {
  StoredKey stored;
  stored.provider = std::move(provider);
  stored.alias = std::move(alias);
  stored.is_default = is_default;
  stored.key = Secret(std::move(key));
  return stored;
}

std::string Found(const StoredKey* key) {
  return key == nullptr ? "none" : std::string(key->key.Reveal());
}

TEST(KeyRing, FindsTheAliasThenTheOneCalledDefaultThenTheOneMarkedSo) {
  std::vector<StoredKey> keys;
  keys.push_back(Key("openai", "production", true, "p"));
  keys.push_back(Key("openai", "default", false, "d"));
  keys.push_back(Key("groq", "eu", true, "e"));
  keys.push_back(Key("cohere", "eu", false, "c"));
  const KeyRing ring(std::move(keys));
  EXPECT_EQ(Found(ring.Find("openai", "production")), "p");
  EXPECT_EQ(Found(ring.Find("openai", "")), "d");
  EXPECT_EQ(Found(ring.Find("openai", "testing")), "none") << "another key must not serve instead";
  EXPECT_EQ(Found(ring.Find("groq", "")), "e");
  EXPECT_EQ(Found(ring.Find("cohere", "")), "none");
  EXPECT_EQ(Found(ring.Find("mistral", "")), "none");
}

TEST(Directory, FindsTokensByTheirHash) {
  Directory directory;
  AccessToken token;
  token.id = "t";
  token.hash = HashToken("secret");
  directory.Add(std::move(token));
  ASSERT_NE(directory.FindToken("secret"), nullptr);
  EXPECT_EQ(directory.FindToken("secret")->id, "t");
  EXPECT_EQ(directory.FindToken("Secret"), nullptr);
  EXPECT_EQ(directory.FindToken(""), nullptr);
}

TEST(AccessToken, AllowsWhatItIsFor) {
  AccessToken token;
  token.permissions = static_cast<uint8_t>(Permission::kRun);
  token.gateway = "g";
  token.expires_unix_ms = 1000;
  EXPECT_TRUE(token.Allows(Permission::kRun, "g", 999));
  EXPECT_FALSE(token.Allows(Permission::kRun, "g", 1000)) << "expired";
  EXPECT_FALSE(token.Allows(Permission::kRun, "other", 0)) << "another gateway";
  EXPECT_FALSE(token.Allows(Permission::kEdit, "g", 0)) << "another permission";
}

TEST(Live, AReaderSeesWhatWasReplaced) {
  Live<int> live(std::make_shared<const int>(1));
  LiveReader<int> reader(&live);
  const std::shared_ptr<const int> held = reader.Get();
  live.Replace(std::make_shared<const int>(2));
  EXPECT_EQ(*held, 1);
  EXPECT_EQ(*reader.Get(), 2);
}

}  // namespace
}  // namespace junctor::engine
