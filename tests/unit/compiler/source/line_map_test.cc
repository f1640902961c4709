// Lines and columns, as people count them.
#include "compiler/source/line_map.h"

#include <gtest/gtest.h>

#include <string>

namespace junctor::compiler {
namespace {

TEST(LineMap, CountsLinesAndCodePoints) {
  const struct {
    const char* name;
    const char* text;
    uint32_t offset;
    uint32_t line;
    uint32_t column;
  } cases[] = {
      {"an empty text has one line", "", 0, 1, 1},
      {"the first byte", "ab", 0, 1, 1},
      {"the end of the text", "ab", 2, 1, 3},
      {"past the end counts as the end", "ab", 99, 1, 3},
      {"the line break belongs to its line", "a\nb", 1, 1, 2},
      {"after the line break", "a\nb", 2, 2, 1},
      {"a carriage return counts as a column", "a\r\nb", 2, 1, 3},
      {"two-byte characters count once", "äöü!", 6, 1, 4},
      {"three- and four-byte characters count once", "東😀!", 7, 1, 3},
      {"the last line may be empty", "a\n", 2, 2, 1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const LineMap lines(c.text);
    const Position position = lines.PositionOf(c.offset);
    EXPECT_EQ(position.line, c.line);
    EXPECT_EQ(position.column, c.column);
  }
}

TEST(LineMap, FindsColumnsInOneLongLine) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "ä";
  const LineMap lines(text);
  EXPECT_EQ(lines.PositionOf(2 * 7'777).column, 7'778u);
}

TEST(LineMap, GivesLinesWithoutTheirEnds) {
  const LineMap lines("one\r\ntwo\n\nfour");
  EXPECT_EQ(lines.line_count(), 4u);
  EXPECT_EQ(lines.Line(1), "one");
  EXPECT_EQ(lines.Line(2), "two");
  EXPECT_EQ(lines.Line(3), "");
  EXPECT_EQ(lines.Line(4), "four");
}

}  // namespace
}  // namespace junctor::compiler
