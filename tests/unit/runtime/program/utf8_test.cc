#include "runtime/program/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace junctor {
namespace {

TEST(Utf8, AcceptsEveryLengthAtEveryOffset) {
  for (const std::string text : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                 "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    for (size_t before = 0; before < 10; ++before) {
      EXPECT_TRUE(IsValidUtf8(std::string(before, 'x') + text + "tail")) << text << before;
      EXPECT_TRUE(IsValidUtf8(std::string(before, 'x') + text)) << text << before;
    }
  }
}

TEST(Utf8, RefusesMalformedSequences) {
  for (const std::string text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x80\x80", "\xe0\x9f\xbf",
        "\xe1\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf1\x80\x80", "\xff", "\xfe"}) {
    for (size_t before = 0; before < 10; ++before) {
      EXPECT_FALSE(IsValidUtf8(std::string(before, 'x') + text)) << before;
      EXPECT_FALSE(IsValidUtf8(std::string(before, 'x') + text + "tail")) << before;
    }
  }
}

}  // namespace
}  // namespace junctor
