// Price files: what they may hold, and what is said of those that are wrong.
#include "engine/prices/price_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace junctor::engine {
namespace {

// A file with one entry that has these members besides provider and model.
std::string With(std::string_view members) {
  return R"({"models":[{"provider":"p","model":"m",)" + std::string(members) + "}]}";
}

TEST(PriceReader, ReadsEverythingAnEntryMayHave) {
  const auto entries = ReadPriceFile(R"({
    "header": {"source": "ours", "source_version": "7", "anything": [{"else": [1e5, null]}]},
    "models": [{
      "match": [{"eq": "m-1"}, {"and": [{"prefix": "n"}, {"suffix": "z"}]}],
      "provider": "p", "via": "v", "model": "m", "context_window": 128000,
      "max_output_tokens": 4096, "deprecated": true,
      "per_token_in": 1e-6, "per_request": 2.5, "per_web_search": 0.01,
      "tiers": [{"above_input_tokens": 2000, "per_token_in": 3e-6},
                {"above_input_tokens": 1000, "per_token_in": 2e-6}],
      "changes": [{"from": "2028-02-29", "per_token_in": 4e-6},
                  {"from": "2027-01-01", "per_token_in": 5e-6}],
      "time_of_day": [{"utc_from": "22:00:00Z", "utc_to": "00:00:01Z", "per_token_in": 6e-6}]
    }]})");
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 1U);
  const ModelPrice& entry = *entries->front();
  EXPECT_EQ(entry.provider, "p");
  EXPECT_EQ(entry.via, "v");
  EXPECT_EQ(entry.model, "m");
  EXPECT_EQ(entry.context_window, 128'000U);
  EXPECT_EQ(entry.max_output_tokens, 4096U);
  EXPECT_TRUE(entry.deprecated);
  EXPECT_EQ(entry.prices[PriceKind::kInput], 1'000'000'000'000U);
  EXPECT_EQ(entry.prices[PriceKind::kRequest], 2'500'000'000'000'000'000U);
  EXPECT_EQ(entry.prices[PriceKind::kWebSearch], 10'000'000'000'000'000U);
  EXPECT_EQ(entry.prices[PriceKind::kOutput], std::nullopt);
  ASSERT_EQ(entry.tiers.size(), 2U);
  EXPECT_EQ(entry.tiers[0].above_input_tokens, 1000U) << "ascending";
  ASSERT_EQ(entry.changes.size(), 2U);
  EXPECT_EQ(entry.changes[0].from, "2027-01-01");
  EXPECT_EQ(entry.changes[0].from_unix_seconds, 1'798'761'600);
  EXPECT_EQ(entry.changes[1].from_unix_seconds, 1'835'395'200);
  ASSERT_EQ(entry.daily.size(), 1U);
  EXPECT_EQ(entry.daily[0].from_second, 79'200U);
  EXPECT_EQ(entry.daily[0].to_second, 1U);
  ASSERT_EQ(entry.match.size(), 2U);
  EXPECT_TRUE(entry.match[1].Matches("n-z"));
  EXPECT_EQ(entry.source->name, "ours");
  EXPECT_EQ(entry.source->version, "7");
  EXPECT_EQ(entry.source->rounded_prices, 0U);
}

TEST(PriceReader, CountsPricesThatItRounds) {
  const auto entries = ReadPriceFile(With(R"("per_token_in":3.3333333333333333333e-7)"));
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ(entries->front()->source->rounded_prices, 1U);
}

TEST(PriceReader, SaysWhichEntryAndFieldIsWrong) {
  struct Case {
    std::string json;
    std::string message;
  };
  const std::string entry = "`models`: entry 1 (p/m): ";
  const std::string rule = entry + "`match`: number 1: ";
  const std::string number = "expected a number of dollars from 0 to 1, found ";
  const Case cases[] = {
      {"{}", "`models` is missing"},
      {"[]", "expected an object, found an array"},
      {"7", "expected an object"},
      {R"({"model":[]})", "`model`: unknown key; known are header and models"},
      {R"({"models":{}})", "`models`: expected an array, found an object"},
      {R"({"models":[],"models":[]})", "`models`: given twice"},
      {R"({"models":[]} x)", "not valid JSON: text behind the closing brace"},
      {R"({"header":7,"models":[]})", "`header`: expected an object, found `7`"},
      {R"({"header":{"source":7},"models":[]})",
       "`header`: `source`: expected a string, found `7`"},
      {R"({"models":[5]})", "`models`: entry 1: expected an object, found `5`"},
      {R"({"models":[{"provider":"p","per_token_in":0}]})",
       "`models`: entry 1: `model` is missing"},
      {R"({"models":[{"model":"m","per_token_in":0}]})",
       "`models`: entry 1: `provider` is missing"},
      {R"({"models":[{"provider":"","model":"m"}]})",
       "`models`: entry 1: `provider`: expected 1 to 64 bytes, found 0"},
      {R"({"models":[{"provider":"p","model":"m","per_token_in":0},
                     {"provider":"p","model":"M","per_token_in":0}]})",
       "`models`: entry 2 (p/M): names the same model as entry 1"},
      {With(R"("deprecated":false)"), entry + "has no price"},
      {With(R"("per_token_in":"0.1")"), entry + "`per_token_in`: " + number + "a string"},
      {With(R"("per_token_in":null)"), entry + "`per_token_in`: " + number + "`null`"},
      {With(R"("per_token_in":-1)"), entry + "`per_token_in`: " + number + "`-1`"},
      {With(R"("per_token_in":2.5)"), entry + "`per_token_in`: " + number + "`2.5`"},
      {With(R"("per_token_in":NaN)"), entry + "`per_token_in`: " + number + "`NaN`"},
      {With(R"("per_token_in":0.1,"per_token_in":0.2)"), entry + "`per_token_in`: given twice"},
      {With(R"("per_request":10.5)"),
       entry + "`per_request`: expected a number of dollars from 0 to 10, found `10.5`"},
      {With(R"("context_window":1.5)"),
       entry + "`context_window`: expected a whole number of 0 or more, found `1.5`"},
      {With(R"("context_window":-1)"),
       entry + "`context_window`: expected a whole number of 0 or more, found `-1`"},
      {With(R"("deprecated":"yes")"),
       entry + "`deprecated`: expected true or false, found a string"},
      {With(R"("tiers":[{"per_token_in":0.1}])"),
       entry + "`tiers`: number 1: `above_input_tokens` is missing"},
      {With(R"("tiers":[{"above_input_tokens":1}])"), entry + "`tiers`: number 1: has no price"},
      {With(R"("changes":[{"from":"2027-02-29","per_token_in":0}])"),
       entry + "`changes`: number 1: `from`: expected a date as in 2027-01-01, found `2027-02-29`"},
      {With(R"("changes":[{"from":"tomorrow!!","per_token_in":0}])"),
       entry + "`changes`: number 1: `from`: expected a date as in 2027-01-01, found `tomorrow!!`"},
      {With(R"("changes":[{"per_token_in":0}])"), entry + "`changes`: number 1: `from` is missing"},
      {With(R"("time_of_day":[{"utc_from":"24:00:00Z"}])"),
       entry + "`time_of_day`: number 1: `utc_from`: expected a time in UTC as in 16:30:00Z, found "
               "`24:00:00Z`"},
      {With(R"("time_of_day":[{"utc_from":"01:00:00Z","utc_to":"01:00:00Z","per_token_in":0}])"),
       entry + "`time_of_day`: number 1: begins and ends at the same time"},
      {With(R"("match":[{}])"),
       rule + "expected one of eq, prefix, suffix, has, re, and, found nothing"},
      {With(R"("match":["m"])"), rule + "expected an object, found a string"},
      {With(R"("match":[{"contains":"x"}])"),
       rule + "`contains`: unknown rule; known are eq, prefix, suffix, has, re, and"},
      {With(R"("match":[{"eq":"x","prefix":"y"}])"),
       rule + "`prefix`: expected one rule in an object, found a second one"},
      {With(R"("match":[{"prefix":""}])"), rule + "`prefix`: expected 1 to 256 bytes, found 0"},
      {With(R"("match":[{"re":"("}])"), rule + "`re`: RE2 does not take `(`: missing ): ("},
      {With(R"("match":[{"and":[]}])"), rule + "`and`: expected rules, found none"},
      {With(R"("match":[{"and":[{"and":[{"eq":"x"}]}]}])"),
       rule + "`and`: number 1: `and`: does not go into another `and`"},
  };
  for (const Case& c : cases) {
    const auto entries = ReadPriceFile(c.json);
    EXPECT_EQ(entries.status().code(), absl::StatusCode::kInvalidArgument) << c.json;
    EXPECT_EQ(entries.status().message(), c.message) << c.json;
  }
}

TEST(PriceReader, SaysInWhichLineTheTextIsNoJson) {
  const auto read = ReadPriceFile("{\"models\":[\n{\"provider\":\"a\",}\n]}");
  ASSERT_FALSE(read.ok());
  EXPECT_TRUE(read.status().message().find("(near line 2)") != absl::string_view::npos)
      << read.status();
}

TEST(PriceReader, UnknownFieldsAreRefusedSinceAMisspeltPriceIsFree) {
  const std::string message(ReadPriceFile(With(R"("per_token_inn":0.1)")).status().message());
  EXPECT_EQ(message.find("`models`: entry 1 (p/m): `per_token_inn`: unknown field; known are "
                         "provider, model, via, match, "),
            0U)
      << message;
  EXPECT_NE(message.find("per_token_cached_in"), std::string::npos) << message;
}

TEST(PriceReader, BrokenJsonIsRefusedWithItsPlace) {
  for (const std::string& json :
       {std::string(), std::string("{"), std::string(R"({"models":[)"),
        std::string(R"({"models":[{"provider":"p")"), With(R"("per_token_in":0.1)").substr(0, 50),
        std::string(R"({"models":[{"provider" "p"}]})"),
        std::string("{\"models\":[{\"provider\":\"\xff\"}]}"),
        std::string(R"({"models":[{"provider":"\x"}]})"),
        std::string(R"({"models":[{"provider":"p}]})")}) {
    const auto entries = ReadPriceFile(json);
    EXPECT_EQ(entries.status().code(), absl::StatusCode::kInvalidArgument) << json;
    EXPECT_THAT(
        std::string(entries.status().message()),
        testing::AnyOf(testing::HasSubstr("not valid JSON"), testing::EndsWith(", found nothing")))
        << json;
  }
}

TEST(PriceReader, DeepNestingIsNotFollowed) {
  EXPECT_FALSE(ReadPriceFile(std::string(1'000'000, '[')).ok());
  EXPECT_FALSE(ReadPriceFile(With("\"match\":" + std::string(100'000, '['))).ok());
  std::string header = R"({"header":{"x":)" + std::string(2'000, '[') + std::string(2'000, ']') +
                       R"(},"models":[]})";
  (void)ReadPriceFile(header);  // either is right, as long as it comes back
}

TEST(PriceReader, SizesAreBounded) {
  EXPECT_EQ(ReadPriceFile(std::string(kMaxPriceFileBytes + 1, ' ')).status().message(),
            "expected at most 16777216 bytes, found 16777217");

  std::string rules;
  for (size_t i = 0; i <= kMaxRulesOfEntry; ++i)
    rules += (i == 0 ? "" : ",") + std::string(R"({"eq":"x"})");
  EXPECT_EQ(ReadPriceFile(With("\"match\":[" + rules + "]")).status().message(),
            "`models`: entry 1 (p/m): `match`: expected at most 64 of them");

  std::string many = R"({"models":[)";
  for (size_t i = 0; i <= kMaxPriceEntries; ++i) {
    many += (i == 0 ? "" : ",") + std::string(R"({"provider":"p","per_token_in":0,"model":"m)") +
            std::to_string(i) + "\"}";
  }
  EXPECT_EQ(ReadPriceFile(many + "]}").status().message(),
            "`models`: expected at most 20000 entries");

  std::string regexes = R"({"models":[)";
  for (size_t i = 0; i < 20; ++i) {
    regexes += (i == 0 ? "" : ",") +
               std::string(R"({"provider":"p","per_token_in":0,"match":[{"re":"x"})");
    for (size_t j = 1; j < kMaxRulesOfEntry; ++j) regexes += R"(,{"re":"x"})";
    regexes += R"(],"model":"m)" + std::to_string(i) + "\"}";
  }
  EXPECT_NE(ReadPriceFile(regexes + "]}")
                .status()
                .message()
                .find("expected at most 1000 regular expressions in the file"),
            std::string::npos);
}

}  // namespace
}  // namespace junctor::engine
