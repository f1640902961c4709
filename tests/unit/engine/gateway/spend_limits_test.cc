// A gateway's spend rules: which of them count a call, and in which windows.
#include "engine/gateway/spend_limits.h"

#include <gtest/gtest.h>

#include "engine/limits/limit_store.h"

namespace junctor::engine {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

SpendRule Rule(std::string id) {
  SpendRule rule;
  rule.id = std::move(id);
  rule.limit_nano_dollars = 100;
  rule.window_seconds = 3600;
  return rule;
}

std::string Ids(SpendLimits* limits, std::string_view provider, std::string_view model) {
  std::string ids;
  for (const SpendLimits::Entry* entry : limits->EntriesOf(provider, model)) {
    ids += (ids.empty() ? "" : " ") + entry->rule->id;
  }
  return ids;
}

TEST(SpendLimits, CountACallWhereEveryFilterHolds) {
  GatewayView gateway;
  gateway.spend_rules.push_back(Rule("all"));
  gateway.spend_rules.push_back(Rule("model"));
  gateway.spend_rules.back().models = {"gpt-4o", "anthropic/claude-3"};
  gateway.spend_rules.push_back(Rule("provider"));
  gateway.spend_rules.back().providers = {"openai"};
  gateway.spend_rules.push_back(Rule("both"));
  gateway.spend_rules.back().models = {"gpt-4o"};
  gateway.spend_rules.back().providers = {"azure-openai"};
  gateway.spend_rules.push_back(Rule("team"));
  gateway.spend_rules.back().metadata = {{"team", {"a", "7", "true"}}};
  const struct {
    const char* name;
    const char* metadata;  // null: none
    const char* provider;
    const char* model;
    const char* ids;
  } cases[] = {
      {"no metadata", nullptr, "openai", "gpt-4o", "all model provider"},
      {"a model with its provider", nullptr, "anthropic", "claude-3", "all model"},
      {"a model of another provider", nullptr, "cohere", "claude-3", "all"},
      {"model and provider", nullptr, "azure-openai", "gpt-4o", "all model both"},
      {"a text", R"({"team": "a"})", "x", "y", "all team"},
      {"a number", R"({"team": 7})", "x", "y", "all team"},
      {"a boolean", R"({"team": true})", "x", "y", "all team"},
      {"another value", R"({"team": "b"})", "x", "y", "all"},
      {"another key", R"({"user": "a"})", "x", "y", "all"},
  };
  for (const auto& c : cases) {
    std::optional<Metadata> metadata;
    if (c.metadata != nullptr) metadata = *Metadata::Parse(c.metadata);
    SpendLimits limits(&gateway, "g", metadata.has_value() ? &*metadata : nullptr);
    EXPECT_EQ(Ids(&limits, c.provider, c.model), c.ids) << c.name;
  }
}

// Asks all rules for a call, and charges it where they admit.
bool Spend(LimitStore* store, const GatewayView& gateway, const char* header, uint64_t amount) {
  const Metadata metadata = *Metadata::Parse(header);
  SpendLimits limits(&gateway, gateway.id, &metadata);
  for (SpendLimits::Entry* entry : limits.EntriesOf("openai", "gpt-4o")) {
    LimitVerdict verdict;
    store->Ask(limits.AskOf(*entry), kSecond, &verdict);
    if (!verdict.answer.admitted) return false;
    entry->ticket = std::move(verdict.ticket);
  }
  limits.Charge(store, "openai", "gpt-4o", amount, kSecond);
  return true;
}

TEST(SpendLimits, APartitionedRuleHasABudgetForEachValueAndOneForThoseWithout) {
  LimitStore store;
  GatewayView gateway;
  gateway.id = "g";
  gateway.spend_rules.push_back(Rule("per-user"));
  gateway.spend_rules.back().partition_by = {"user", "team"};
  EXPECT_TRUE(Spend(&store, gateway, R"({"user": "a"})", 100));
  EXPECT_FALSE(Spend(&store, gateway, R"({"user": "a"})", 1));
  EXPECT_TRUE(Spend(&store, gateway, R"({"user": "b"})", 100));
  EXPECT_TRUE(Spend(&store, gateway, R"({"user": "a", "team": "x"})", 100));
  EXPECT_TRUE(Spend(&store, gateway, R"({"team": "a"})", 100)) << "the place tells them apart";
  EXPECT_TRUE(Spend(&store, gateway, R"({})", 100));
  EXPECT_FALSE(Spend(&store, gateway, R"({"other": 1})", 1));
  gateway.id = "h";
  EXPECT_TRUE(Spend(&store, gateway, R"({"user": "a"})", 100)) << "another gateway";
}

}  // namespace
}  // namespace junctor::engine
