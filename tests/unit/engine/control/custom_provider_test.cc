#include "engine/control/custom_provider.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace junctor::engine {
namespace {

CustomProviderRow Row(std::string base_url, std::string headers = "") {
  CustomProviderFields fields;
  fields.base_url = std::move(base_url);
  fields.headers = std::move(headers);
  CustomProviderRow row;
  row.id = "id";
  row.slug = "mine";
  row.enable = true;
  row.fields = fields.Text();
  return row;
}

TEST(CustomProvider, IsAProviderOfOpenAisForm) {
  const auto provider = MakeCustomProvider(Row("https://api.example.com", R"({"X-Team":"a"})"));
  ASSERT_TRUE(provider.ok()) << provider.status();
  EXPECT_TRUE(provider->enabled);
  EXPECT_EQ(provider->record.slug, "custom-mine");
  EXPECT_EQ(provider->record.format, ChatFormat::kOpenAi);
  EXPECT_EQ(provider->record.base_url.host, "api.example.com");
  EXPECT_TRUE(provider->record.base_url.tls);
  ASSERT_EQ(provider->headers.size(), 1u);
  EXPECT_EQ(provider->headers[0].first, "x-team");
}

TEST(CustomProvider, ChatsBelowTheVersionOfItsBaseUrl) {
  EXPECT_EQ(MakeCustomProvider(Row("https://a.example"))->record.chat_path, "/v1/chat/completions");
  EXPECT_EQ(MakeCustomProvider(Row("https://a.example/api"))->record.chat_path,
            "/v1/chat/completions");
  EXPECT_EQ(MakeCustomProvider(Row("https://a.example/api/v1/"))->record.chat_path,
            "/chat/completions");
  EXPECT_EQ(MakeCustomProvider(Row("https://a.example/video"))->record.chat_path,
            "/v1/chat/completions");
}

TEST(CustomProvider, ARowThatCantBeUsedIsAnError) {
  EXPECT_FALSE(MakeCustomProvider(Row("ftp://a.example")).ok());
  EXPECT_FALSE(MakeCustomProvider(Row("https://a.example", "[]")).ok());
  CustomProviderRow row = Row("https://a.example");
  row.fields = "not JSON";
  EXPECT_FALSE(MakeCustomProvider(row).ok());
}

TEST(CustomProviderFields, ComeBackAsTheyWereStored) {
  CustomProviderFields fields;
  fields.base_url = "https://a.example";
  fields.description = "says \"hello\"";
  fields.headers = R"({"a":"b"})";
  const CustomProviderFields back = CustomProviderFields::FromStored(fields.Text());
  EXPECT_EQ(back.base_url, fields.base_url);
  EXPECT_EQ(back.description, fields.description);
  EXPECT_EQ(back.headers, fields.headers);
  EXPECT_EQ(back.link, "");
}

TEST(ExtraHeaders, OnlyWhatAHeadCanCarryIsTaken) {
  EXPECT_TRUE(ParseExtraHeaders(R"({"x-a":"1","Authorization":"Bearer k"})").ok());
  EXPECT_TRUE(ParseExtraHeaders("{}").ok());
  for (const std::string_view bad :
       {"", "[]", "x", R"({"a":1})", R"({"a b":"c"})", R"({"":"c"})", R"({"a":"b\r\nc: d"})",
        R"({"a":"\u0000"})", R"({"Host":"evil"})", R"({"content-length":"1"})",
        R"({"Transfer-Encoding":"chunked"})"}) {
    EXPECT_FALSE(ParseExtraHeaders(bad).ok()) << bad;
  }
}

TEST(ExtraHeaders, ValuesAreMasked) {
  EXPECT_EQ(MaskExtraHeaders(R"({"X-Key":"hidden"})"), R"({"x-key":"***"})");
  EXPECT_EQ(MaskExtraHeaders("hidden"), "***");
}

TEST(CustomSlug, IsLettersDigitsAndHyphens) {
  for (const std::string_view good : {"a", "some-provider", "A1"}) {
    EXPECT_TRUE(IsCustomSlug(good)) << good;
  }
  for (const std::string_view bad : {"", "a b", "a_b", "a/b", "ä"}) {
    EXPECT_FALSE(IsCustomSlug(bad)) << bad;
  }
  EXPECT_FALSE(IsCustomSlug(std::string(58, 'a')));
}

TEST(Logo, IsAPictureInBase64ThatTheNameDecides) {
  EXPECT_TRUE(MakeLogo("Mine").starts_with("PHN2Zy"));  // "<svg"
  EXPECT_EQ(MakeLogo("Mine"), MakeLogo("Mine"));
  EXPECT_NE(MakeLogo("Mine"), MakeLogo("Yours"));
  EXPECT_EQ(MakeLogo("<&>"), MakeLogo("<&>")) << "no markup of the caller's gets in";
}

}  // namespace
}  // namespace junctor::engine
