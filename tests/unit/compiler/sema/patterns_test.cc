// Options of regular expressions (R31).
#include "compiler/sema/patterns.h"

#include <gtest/gtest.h>

#include "tests/unit/compiler/sema/analyze_testing.h"

namespace junctor::compiler {
namespace {

TEST(Patterns, R31OptionXIgnoresSpaceAndComments) {
  const struct {
    const char* pattern;
    const char* stripped;
  } cases[] = {
      {"a b\tc\n d", "abcd"},    {"a # note\nb", "ab"},
      {"a # note", "a"},         {"a\\ b\\#c", "a\\ b\\#c"},
      {"[a b#]c d", "[a b#]cd"}, {"[] #] x", "[] #]x"},
      {"[^] #] x", "[^] #]x"},   {"[[:alpha:] ] x", "[[:alpha:] ]x"},
      {"[\\] ] x", "[\\] ]x"},   {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(StripExtended(c.pattern), c.stripped) << c.pattern;
}

TEST(Patterns, R31ReadsOptions) {
  EXPECT_EQ(ConditionOf(R"({"body.a": {"$regex": "a b", "$options": "x"}})"), "body.a regex /ab/");
  EXPECT_EQ(ConditionOf(R"({"body.a": {"$options": "smi", "$regex": "a"}})"),
            "body.a regex /a/ims");
  EXPECT_EQ(ConditionOf(R"({"body.a": {"$regex": "a", "$options": ""}})"), "body.a regex /a/");
  EXPECT_EQ(ConditionOf(R"({"body.a": {"$regex": "a", "$options": "g"}})"), "0416");
  EXPECT_EQ(ConditionOf(R"({"body.a": {"$regex": "a", "$options": 5}})"), "0402");
  EXPECT_EQ(ConditionOf(R"({"body.a": {"$regex": 5}})"), "0402");
}

TEST(Patterns, R31SaysWhatRe2LeavesOut) {
  for (const char* pattern :
       {"a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b", "(a)\\\\1", "(?>a)", "a++", "(?P<n>a)\\\\k<n>"}) {
    EXPECT_EQ(ConditionOf(std::string(R"({"body.a": {"$regex": ")") + pattern + "\"}}"), "0409")
        << pattern;
  }
  for (const char* pattern : {"(a", "a)", "[a", "*a", "a{3,1}", "\\\\", "[z-a]"}) {
    EXPECT_EQ(ConditionOf(std::string(R"({"body.a": {"$regex": ")") + pattern + "\"}}"), "0408")
        << pattern;
  }
}

}  // namespace
}  // namespace junctor::compiler
