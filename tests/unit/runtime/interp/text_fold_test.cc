#include "runtime/interp/text_fold.h"

#include "gtest/gtest.h"

namespace junctor {
namespace {

TEST(R30, FoldingCoversLatinGreekAndCyrillic) {
  const struct {
    const char* text;
    const char* folded;
  } cases[] = {{"Hello, WORLD 1", "hello, world 1"},
               {"ÀÉÎÕÜÞ×ß", "àéîõüþ×ß"},
               {"ŁÓDŹ Ÿ ŽŠČ", "łódź ÿ žšč"},
               {"ΆΈΊΌΎΏ ΑΩ ΣΑΣ ος", "άέίόύώ αω σασ οσ"},
               {"ПРИВЕТ ЁЖ ЂЋ Ґ", "привет ёж ђћ ґ"},
               {"東京 😀", "東京 😀"},
               {"", ""}};
  for (const auto& c : cases) EXPECT_EQ(FoldedText(c.text).view(), c.folded) << c.text;
}

TEST(R30, FoldingLeavesBytesThatAreNotUtf8) {
  EXPECT_EQ(FoldedText("A\xC3").view(), "a\xC3");
  EXPECT_EQ(FoldedText(std::string(1000, 'A')).view(), std::string(1000, 'a'));
}

}  // namespace
}  // namespace junctor
