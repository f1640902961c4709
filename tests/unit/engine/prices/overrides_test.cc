// An operator's price file over another table.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "engine/prices/price_table.h"

namespace junctor::engine {
namespace {

PriceTable Parse(std::string_view models) {
  absl::StatusOr<PriceTable> table =
      PriceTable::Parse("{\"models\":[" + std::string(models) + "]}");
  EXPECT_TRUE(table.ok()) << table.status();
  return *std::move(table);
}

// The input price in thousandths of a dollar, and the entry: "300 b".
std::string Priced(const PriceTable& table, std::string_view model,
                   std::string_view provider = "p") {
  const ModelPrice* price = table.Find(provider, model);
  if (price == nullptr) return "";
  return std::to_string(*price->prices[PriceKind::kInput] / 1'000'000'000'000'000) + " " +
         price->model;
}

PriceTable Base() {
  return Parse(R"(
      {"provider":"p","model":"a-mini","per_token_in":0.1,"match":[{"prefix":"a-mini"}]},
      {"provider":"p","model":"a","per_token_in":0.2,"match":[{"prefix":"a"}]},
      {"provider":"p","model":"b","per_token_in":0.3,"match":[{"prefix":"b"}]})");
}

TEST(Overrides, AnEntryWithoutRulesTakesThePlaceOfItsNamesake) {
  const PriceTable table =
      Base().WithOverrides(Parse(R"({"provider":"p","model":"a","per_token_in":0.9})"));
  EXPECT_EQ(Priced(table, "a"), "900 a");
  EXPECT_EQ(Priced(table, "a-2026"), "900 a") << "it has the spellings";
  EXPECT_EQ(Priced(table, "a-mini-2026"), "100 a-mini") << "in their old order";
  EXPECT_EQ(Priced(table, "b-2026"), "300 b");
  EXPECT_EQ(table.Entries().size(), 3U);
}

TEST(Overrides, AnEntryWithRulesHasThoseAlone) {
  const PriceTable table = Base().WithOverrides(
      Parse(R"({"provider":"p","model":"b","per_token_in":0.9,"match":[{"eq":"b-1"}]})"));
  EXPECT_EQ(Priced(table, "b"), "900 b");
  EXPECT_EQ(Priced(table, "b-1"), "900 b");
  EXPECT_EQ(Priced(table, "b-2"), "");
  const PriceTable none =
      Base().WithOverrides(Parse(R"({"provider":"p","model":"b","per_token_in":0.9,"match":[]})"));
  EXPECT_EQ(Priced(none, "b"), "900 b");
  EXPECT_EQ(Priced(none, "b-2"), "");
}

TEST(Overrides, TheirRulesWinOverIdsBelow) {
  const PriceTable table = Base().WithOverrides(
      Parse(R"({"provider":"p","model":"all","per_token_in":0.9,"match":[{"re":"."}]})"));
  EXPECT_EQ(Priced(table, "a"), "900 all");
  EXPECT_EQ(Priced(table, "new"), "900 all");
}

TEST(Overrides, AddModelsAndProviders) {
  const PriceTable table =
      Base().WithOverrides(Parse(R"({"provider":"custom-q","model":"m","per_token_in":0.9})"));
  EXPECT_EQ(Priced(table, "m", "custom-q"), "900 m");
  EXPECT_EQ(Priced(table, "a"), "200 a");
}

TEST(Overrides, ABareNameWinsOverAFullOneBelow) {
  const PriceTable table = PriceTable::BuiltIn().WithOverrides(
      Parse(R"({"provider":"aws-bedrock","model":"anthropic.claude-opus-5","per_token_in":0.9})"));
  EXPECT_EQ(Priced(table, "us.anthropic.claude-opus-5", "aws-bedrock"),
            "900 anthropic.claude-opus-5");
}

TEST(Overrides, OfOpenAiDoNotChangeWhatAzureSells) {
  const PriceTable table = PriceTable::BuiltIn().WithOverrides(
      Parse(R"({"provider":"openai","model":"o3","per_token_in":0.9},
               {"provider":"openai","model":"gpt-5.4","per_token_in":0.8})"));
  EXPECT_NE(Priced(table, "o3", "azure-openai"), "900 o3");
  EXPECT_EQ(Priced(table, "gpt-5.4", "azure-openai"), "800 gpt-5.4")
      << "what only openai's entries know";
}

TEST(Overrides, OfABackEndLeaveTheOthersAlone) {
  const PriceTable table = PriceTable::BuiltIn().WithOverrides(
      Parse(R"({"provider":"huggingface","via":"groq","model":"openai/gpt-oss-120b",
                "per_token_in":0.9})"));
  EXPECT_EQ(Priced(table, "openai/gpt-oss-120b:groq", "huggingface"), "900 openai/gpt-oss-120b");
  EXPECT_NE(Priced(table, "openai/gpt-oss-120b:nebius", "huggingface"), "900 openai/gpt-oss-120b");
}

TEST(Overrides, MayBeOverriddenAgainAndOutliveTheirParts) {
  PriceTable table = Base();
  table = table.WithOverrides(Parse(R"({"provider":"p","model":"a","per_token_in":0.8})"));
  table = table.WithOverrides(Parse(R"({"provider":"p","model":"a","per_token_in":0.9})"));
  EXPECT_EQ(Priced(table, "a"), "900 a");
  EXPECT_EQ(Priced(table, "a-2026"), "900 a");
}

}  // namespace
}  // namespace junctor::engine
