#include "engine/admin/url_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace junctor::engine {
namespace {

TEST(SplitPath, GivesTheSegments) {
  using Segments = std::vector<std::string_view>;
  EXPECT_EQ(SplitPath("/a/b%2Fc"), (Segments{"a", "b%2Fc"}));
  EXPECT_EQ(SplitPath("/a/"), (Segments{"a", ""}));
  EXPECT_EQ(SplitPath("//a"), (Segments{"", "a"}));
  EXPECT_EQ(SplitPath(""), Segments{});
}

TEST(DecodePercent, IsDoneOnce) {
  EXPECT_EQ(DecodePercent("a%2Fb", PlusSign::kItself), "a/b");
  EXPECT_EQ(DecodePercent("%252F", PlusSign::kItself), "%2F");
  EXPECT_EQ(DecodePercent("a+b", PlusSign::kItself), "a+b");
  EXPECT_EQ(DecodePercent("a+b", PlusSign::kSpace), "a b");
  EXPECT_EQ(DecodePercent("%C3%A4", PlusSign::kItself), "ä");
}

TEST(DecodePercent, RefusesWhatNoTextOfOursHolds) {
  for (const std::string_view bad : {"%", "%4", "%zz", "%4g", "%00", "%ff", "%C3", "%C0%80",
                                     "%ED%A0%80", "%F5%80%80%80", "%E2%82", "a%"}) {
    EXPECT_FALSE(DecodePercent(bad, PlusSign::kItself).has_value()) << bad;
  }
}

TEST(EncodePercent, ComesBackByDecoding) {
  const std::string text = "a/b ä%?&=#+~._-";
  EXPECT_EQ(DecodePercent(EncodePercent(text), PlusSign::kSpace), text);
  EXPECT_EQ(EncodePercent("a b/c"), "a%20b%2Fc");
}

TEST(DecodeQuery, KeepsOrderAndRepetition) {
  using Query = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(DecodeQuery("a=1&b=%26&a=2&&c&=d&e=f=g"),
            (Query{{"a", "1"}, {"b", "&"}, {"a", "2"}, {"c", ""}, {"", "d"}, {"e", "f=g"}}));
  EXPECT_EQ(DecodeQuery(""), Query{});
  EXPECT_FALSE(DecodeQuery("a=%zz").has_value());
}

TEST(Printable, IsShortAndOnOneLine) {
  EXPECT_EQ(Printable("a\nb\x7f"), "a?b?");
  EXPECT_LT(Printable(std::string(5000, 'x')).size(), 300u);
}

}  // namespace
}  // namespace junctor::engine
