#include "runtime/program/pattern.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace junctor {
namespace {

using testing::HasSubstr;

bool Matches(std::string_view pattern, std::string_view options, const std::string& text) {
  const auto compiled = CompilePattern(pattern, options);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return compiled.ok() && re2::RE2::PartialMatch(text, **compiled);
}

TEST(Pattern, OptionsMeanWhatMongoDBMeans) {
  EXPECT_FALSE(Matches("^b", "", "a\nB"));
  EXPECT_FALSE(Matches("^b", "i", "a\nB"));
  EXPECT_TRUE(Matches("^b", "im", "a\nB"));
  EXPECT_TRUE(Matches("a|^b", "m", "x\nb"));
  EXPECT_FALSE(Matches("a.b", "", "a\nb"));
  EXPECT_TRUE(Matches("a.b", "s", "a\nb"));
}

TEST(Pattern, TheDotIsACodePoint) {
  EXPECT_TRUE(Matches("^.$", "", "\xf0\x9f\x98\x80"));
  EXPECT_FALSE(Matches("^..$", "", "\xf0\x9f\x98\x80"));
}

TEST(Pattern, SaysWhatIsWrong) {
  const auto error = [](std::string_view pattern, std::string_view options) {
    return std::string(CompilePattern(pattern, options).status().message());
  };
  EXPECT_THAT(error("(?=a)", ""), HasSubstr("(?="));
  EXPECT_THAT(error("(a", "m"), HasSubstr("missing )"));
  EXPECT_THAT(error("a\xff", ""), HasSubstr("UTF-8"));
  EXPECT_THAT(error("a", "x"), HasSubstr("option `x` is unknown"));
  EXPECT_THAT(error("a", "ii"), HasSubstr("option `i` is given twice"));
  EXPECT_THAT(error("((a{100}){100}){100}", ""), HasSubstr("repetition"));
  EXPECT_THAT(error("((\\pL{30}){30})", ""), HasSubstr("too large"));
}

}  // namespace
}  // namespace junctor
