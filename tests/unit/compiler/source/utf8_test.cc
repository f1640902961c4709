// Which bytes are UTF-8 (RFC 3629).
#include "compiler/source/utf8.h"

#include <gtest/gtest.h>

namespace junctor::compiler {
namespace {

TEST(Utf8, KnowsWellFormedSequences) {
  const struct {
    const char* name;
    std::string_view text;
    size_t length;
  } cases[] = {
      {"ASCII", "a", 1},
      {"two bytes", "\xC3\xBC", 2},
      {"three bytes", "\xE6\x9D\xB1", 3},
      {"four bytes", "\xF0\x9F\x98\x80", 4},
      {"the last code point", "\xF4\x8F\xBF\xBF", 4},
      {"a continuation alone", "\x80", 0},
      {"an overlong slash", "\xC0\xAF", 0},
      {"an overlong three-byte form", "\xE0\x80\xAF", 0},
      {"an overlong four-byte form", "\xF0\x80\x80\xAF", 0},
      {"a surrogate", "\xED\xA0\x80", 0},
      {"beyond the last code point", "\xF4\x90\x80\x80", 0},
      {"cut off", "\xE6\x9D", 0},
      {"nothing", "", 0},
  };
  for (const auto& c : cases) EXPECT_EQ(Utf8SequenceLength(c.text), c.length) << c.name;
}

TEST(Utf8, FindsAndReplacesWhatIsInvalid) {
  const std::string text = "0123456789\xFFtail\xC3";
  EXPECT_EQ(FindInvalidUtf8(text, 0), 10u);
  EXPECT_EQ(FindInvalidUtf8(text, 11), 15u);
  EXPECT_EQ(ReplaceInvalidUtf8(text), "0123456789\xEF\xBF\xBDtail\xEF\xBF\xBD");
  EXPECT_EQ(FindInvalidUtf8("0123456789 東京", 0), std::string_view::npos);
}

TEST(Utf8, WritesCodePoints) {
  std::string text;
  for (const uint32_t code_point : {0x41u, 0xFCu, 0x6771u, 0x1F600u}) AppendUtf8(code_point, &text);
  EXPECT_EQ(text, "Aü東😀");
}

}  // namespace
}  // namespace junctor::compiler
