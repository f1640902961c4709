// The rules of the price file's `match`.
#include "engine/prices/match_rule.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace junctor::engine {
namespace {

using Kind = MatchRule::Kind;

MatchRule Make(Kind kind, std::string_view text) {
  absl::StatusOr<MatchRule> rule = MatchRule::Make(kind, text);
  EXPECT_TRUE(rule.ok()) << rule.status();
  return *std::move(rule);
}

TEST(MatchRule, EachKindMatchesAsItSays) {
  struct Case {
    Kind kind;
    const char* text;
    const char* name;
    bool matches;
  };
  const Case cases[] = {
      {Kind::kEqual, "gpt-4", "gpt-4", true},
      {Kind::kEqual, "gpt-4", "gpt-4o", false},
      {Kind::kEqual, "GPT-4", "gpt-4", true},  // rules are folded as names are
      {Kind::kPrefix, "gpt-4", "gpt-4o", true},
      {Kind::kPrefix, "gpt-4", "my-gpt-4", false},
      {Kind::kSuffix, "gpt-4", "my-gpt-4", true},
      {Kind::kSuffix, "gpt-4", "gpt-4o", false},
      {Kind::kSubstring, "gpt", "my-gpt-4", true},
      {Kind::kSubstring, "gpt", "claude", false},
      {Kind::kRegex, "^claude-opus-5-\\d{8}$", "claude-opus-5-20260101", true},
      {Kind::kRegex, "^claude-opus-5-\\d{8}$", "claude-opus-5-2026", false},
      {Kind::kRegex, "^Claude", "claude-2", true},
      {Kind::kRegex, "opus", "claude-opus-5", true},  // a search, not a full match
      // A negative look-ahead from the start.
      {Kind::kRegex, "^(?!.*-[tT][tT][sS](?:$|-))", "gemini-2.5-pro", true},
      {Kind::kRegex, "^(?!.*-[tT][tT][sS](?:$|-))", "gemini-2.5-pro-tts", false},
      {Kind::kRegex, "^(?!.*-[tT][tT][sS](?:$|-))", "gemini-2.5-pro-tts-preview", false},
      {Kind::kRegex, "^(?!.*-[tT][tT][sS](?:$|-))", "gemini-2.5-pro-ttsx", true},
      {Kind::kRegex, "^(?![)]x)", ")x", false},
      {Kind::kRegex, "^(?![]()]x)", "]x", false},
      {Kind::kRegex, "^(?!a\\))", "a)", false},
      {Kind::kRegex, "^(?!a|b)", "bc", false},
      {Kind::kRegex, "^(?!a|b)", "cb", true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Make(c.kind, c.text).Matches(c.name), c.matches) << c.text << " on " << c.name;
  }
}

TEST(MatchRule, AllNeedsEveryPart) {
  std::vector<MatchRule> parts;
  parts.push_back(Make(Kind::kPrefix, "a"));
  parts.push_back(Make(Kind::kSuffix, "z"));
  const MatchRule all = MatchRule::All(std::move(parts));
  EXPECT_TRUE(all.Matches("a-z"));
  EXPECT_FALSE(all.Matches("a-y"));
  EXPECT_FALSE(all.Matches("b-z"));
  EXPECT_EQ(all.ToString(), "prefix `a` and suffix `z`");
}

TEST(MatchRule, RefusesWhatCannotMatchOrCostsTooMuch) {
  EXPECT_FALSE(MatchRule::Make(Kind::kPrefix, "").ok());
  EXPECT_EQ(MatchRule::Make(Kind::kPrefix, std::string(257, 'a')).status().message(),
            "expected at most 256 bytes, found 257");
  for (const char* text : {"(", "a**b[", "^(?!a)b", "^(?=a)", "(?<!a)b", "\\1", "a{1001}",
                           "((((a{9}){9}){9}){9}){9}", "^(?!a"}) {
    const auto rule = MatchRule::Make(Kind::kRegex, text);
    EXPECT_FALSE(rule.ok()) << text;
    if (!rule.ok()) {
      EXPECT_EQ(
          std::string(rule.status().message()).find("RE2 does not take `" + std::string(text)), 0U)
          << rule.status();
    }
  }
}

TEST(MatchRule, KeysAreThoseOfTheFile) {
  EXPECT_EQ(MatchRule::Keys(), "eq, prefix, suffix, has, re, and");
  Kind kind{};
  EXPECT_TRUE(MatchRule::KindOf("has", &kind));
  EXPECT_EQ(kind, Kind::kSubstring);
  EXPECT_FALSE(MatchRule::KindOf("contains", &kind));
}

}  // namespace
}  // namespace junctor::engine
