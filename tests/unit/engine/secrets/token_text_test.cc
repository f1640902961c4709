#include "engine/secrets/token_text.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace junctor::engine {
namespace {

TEST(TokenText, HasThePrefixAndFortyThreeCharactersByChance) {
  std::set<std::string> seen;
  std::set<char> characters;
  for (int i = 0; i < 200; ++i) {
    const auto token = NewTokenText();
    ASSERT_TRUE(token.ok()) << token.status();
    const std::string text(token->Reveal());
    ASSERT_EQ(text.size(), 47U);
    ASSERT_EQ(text.substr(0, 4), "jct_");
    characters.insert(text.begin() + 4, text.end() - 1);
    EXPECT_TRUE(seen.insert(text).second);
  }
  EXPECT_EQ(characters.size(), 64U) << "8400 draws leave no character of the alphabet out";
  EXPECT_EQ(characters.count('+') + characters.count('/') + characters.count('='), 0U);
}

TEST(TokenText, PreviewsShowLittle) {
  const std::vector<std::pair<std::string, std::string>> keys = {
      {"sk-abcdefghijklmnopqrstuvwxyz", "sk-a…wxyz"},
      {"abcdefghijklmnopqrstuvw", "…vw"},
      {"abcdefghijk", "…"},
      {"", "…"},
      {"{\"type\": \"service_account\", \"key\": \"…\"}", "…"},
      {std::string(40, '\xc3'), "…"},
  };
  for (const auto& [key, preview] : keys) EXPECT_EQ(KeyPreview(Secret(key)), preview) << key;
  EXPECT_EQ(TokenPreview(Secret("jct_AbCdefghijklmnopqrstuvwxyz0123456789ABCDEFwxyz")),
            "jct_AbCd…wxyz");
  EXPECT_EQ(TokenPreview(Secret("jct_short")), "jct_…");
  EXPECT_EQ(TokenPreview(Secret("an operator's own token, from outside")), "…");
}

}  // namespace
}  // namespace junctor::engine
