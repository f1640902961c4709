// JSON text for log lines.
#include "engine/observe/json_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace junctor::engine {
namespace {

std::string Escaped(std::string_view text) {
  std::string out;
  AppendJsonString(&out, text);
  return out;
}

TEST(JsonTextTest, StringsAreEscapedAndStayUtf8) {
  const struct {
    const char* name;
    std::string_view text;
    std::string_view expected;
  } kCases[] = {
      {"empty", "", "\"\""},
      {"plain", "abc", "\"abc\""},
      {"quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\""},
      {"named controls", "\n\r\t", "\"\\n\\r\\t\""},
      {"other controls", std::string_view("\0\x1f\x7f", 3), "\"\\u0000\\u001f\\u007f\""},
      {"two, three and four bytes", "é€😀", "\"é€😀\""},
      {"a lone continuation byte", "a\x80z", "\"a\xEF\xBF\xBDz\""},
      {"a sequence cut short", "a\xE2\x82", "\"a\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"an overlong slash", "\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"a surrogate", "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"beyond U+10FFFF", "\xF4\x90\x80\x80",
       "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(Escaped(one.text), one.expected);
  }
}

TEST(JsonTextTest, MillisecondsHaveAtMostThreeDecimals) {
  const struct {
    double value;
    const char* expected;
  } kCases[] = {
      {0, "0"},         {12, "12"},
      {1.5, "1.5"},     {0.25, "0.25"},
      {0.0004, "0"},    {2.001, "2.001"},
      {-3.75, "-3.75"}, {1234567.8914, "1234567.891"},
      {1e300, "null"},  {std::numeric_limits<double>::quiet_NaN(), "null"},
  };
  for (const auto& one : kCases) {
    std::string out;
    AppendJsonMilliseconds(&out, one.value);
    EXPECT_EQ(out, one.expected);
  }
}

TEST(JsonTextTest, NumbersReadBack) {
  std::string out;
  AppendJsonInteger(&out, std::numeric_limits<int64_t>::min());
  out += ' ';
  AppendJsonUnsigned(&out, std::numeric_limits<uint64_t>::max());
  out += ' ';
  AppendJsonReal(&out, 0.1);
  out += ' ';
  AppendJsonReal(&out, std::numeric_limits<double>::infinity());
  EXPECT_EQ(out, "-9223372036854775808 18446744073709551615 0.1 null");
}

}  // namespace
}  // namespace junctor::engine
