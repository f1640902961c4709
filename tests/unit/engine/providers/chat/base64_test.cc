#include "engine/providers/chat/base64.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/net/base64.h"
#include "engine/providers/chat/data_url.h"

namespace junctor::engine {
namespace {

TEST(Base64, TellsWhatIsBase64) {
  for (std::string_view good : {"", "AA==", "AA", "AAA=", "AAA", "AAAA", "_-8=", "+/8", "AAAAAA=="})
    EXPECT_TRUE(IsBase64(good)) << good;
  for (std::string_view bad : {"A", "=", "==", "AA=", "AAAA=", "AA A", "AA\n",
                               "AA==AA==", "A===", "AAAAA", "%2B==", "\xFF\xFF\xFF\xFF"})
    EXPECT_FALSE(IsBase64(bad)) << bad;
}

TEST(Base64, EncodesAndDecodesEveryLength) {
  std::string bytes;
  for (int i = 0; i < 40; ++i) {
    const std::string text = net::EncodeBase64(bytes);
    EXPECT_EQ(text.size() % 4, 0u);
    EXPECT_TRUE(IsBase64(text)) << text;
    std::string back;
    EXPECT_TRUE(DecodeBase64(text, &back));
    EXPECT_EQ(back, bytes);
    std::string bare = text.substr(0, text.find('='));
    std::string standard = "x";
    AppendStandardBase64(bare, &standard);
    EXPECT_EQ(standard, "x" + text);
    bytes.push_back(static_cast<char>(i * 37));
  }
  std::string out;
  EXPECT_FALSE(DecodeBase64("A", &out));
  EXPECT_TRUE(out.empty());
}

TEST(DataUrl, IsTakenApart) {
  const auto url = ParseDataUrl("data:image/png;name=x;base64,AAAA");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->mime_type, "image/png");
  EXPECT_EQ(url->base64, "AAAA");
  const auto bare = ParseDataUrl("DATA:;BASE64,");
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->mime_type, "");
  EXPECT_EQ(bare->base64, "");
  for (std::string_view bad : {"", "data:", "data:image/png,AAAA", "data:image/png;base64",
                               "https://example.com/;base64,AA"})
    EXPECT_FALSE(ParseDataUrl(bad).has_value()) << bad;
}

}  // namespace
}  // namespace junctor::engine
