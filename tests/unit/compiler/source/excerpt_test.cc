// The window into a line, and what is underlined in it.
#include "compiler/source/excerpt.h"

#include <gtest/gtest.h>

#include <string>

namespace junctor::compiler {
namespace {

size_t Characters(const std::string& text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return count;
}

TEST(Excerpt, ShowsShortLinesWhole) {
  const Source source("x", "one\n  \"two\": 2\n");
  const Excerpt excerpt = ExcerptOf(source, {6, 11});
  EXPECT_EQ(excerpt.line, 2u);
  EXPECT_EQ(excerpt.text, "  \"two\": 2");
  EXPECT_EQ(excerpt.underline_at, 2u);
  EXPECT_EQ(excerpt.underline_width, 5u);
}

TEST(Excerpt, ShowsTabsAsFourSpaces) {
  const Source source("x", "\t\tab");
  const Excerpt excerpt = ExcerptOf(source, {2, 4});
  EXPECT_EQ(excerpt.text, "        ab");
  EXPECT_EQ(excerpt.underline_at, 8u);
  EXPECT_EQ(excerpt.underline_width, 2u);
}

TEST(Excerpt, UnderlinesOneCharacterAtTheEnd) {
  const Source source("x", "ab");
  const Excerpt excerpt = ExcerptOf(source, {2, 2});
  EXPECT_EQ(excerpt.underline_at, 2u);
  EXPECT_EQ(excerpt.underline_width, 1u);
}

TEST(Excerpt, StopsAtTheEndOfTheFirstLine) {
  const Source source("x", "ab{\n}\n");
  EXPECT_EQ(ExcerptOf(source, {2, 5}).underline_width, 1u);
}

TEST(Excerpt, ReplacesWhatIsNoCharacter) {
  const Source source("x", "a\x01\xff z");
  EXPECT_EQ(ExcerptOf(source, {0, 1}).text, "a\xEF\xBF\xBD\xEF\xBF\xBD z");
}

// Wherever the span stands in a long line, the window is at most 100 characters and holds what it
// underlines.
TEST(Excerpt, CutsLongLinesAroundTheSpan) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += i % 7 == 0 ? "ä" : "b";
  const Source source("x", text);
  for (uint32_t at = 0; at < text.size(); at += 13) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;
    for (const uint32_t width : {0u, 1u, 30u, 500u}) {
      const Excerpt excerpt = ExcerptOf(source, {at, at + width});
      ASSERT_LE(Characters(excerpt.text), kMaxExcerptWidth);
      ASSERT_LE(excerpt.underline_at + excerpt.underline_width, kMaxExcerptWidth);
      ASSERT_GE(excerpt.underline_width, 1u);
    }
  }
}

TEST(Excerpt, MarksWhereTheLineWasCut) {
  const Source source("x", std::string(500, 'a') + "B" + std::string(500, 'c'));
  const Excerpt excerpt = ExcerptOf(source, {500, 501});
  EXPECT_TRUE(excerpt.text.starts_with("…a"));
  EXPECT_TRUE(excerpt.text.ends_with("c…"));
  EXPECT_EQ(excerpt.underline_width, 1u);
  // The ellipsis has three bytes and is one character.
  EXPECT_EQ(excerpt.text[excerpt.underline_at + 2], 'B');
}

}  // namespace
}  // namespace junctor::compiler
