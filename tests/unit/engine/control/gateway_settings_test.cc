#include "engine/control/gateway_settings.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/prices/price_table.h"

namespace junctor::engine {
namespace {

// What a request must have, and `more`.
std::string Body(std::string_view more = "") {
  std::string body = R"("cache_invalidate_on_update":true,"cache_ttl":0,"collect_logs":true,)"
                     R"("rate_limiting_interval":60,"rate_limiting_limit":50)";
  if (!more.empty()) body += "," + std::string(more);
  return "{" + body + "}";
}

// The messages of what is wrong with a body, one a line; empty: nothing is.
std::string Wrong(std::string_view body) {
  GatewaySettings settings;
  const auto errors = settings.Update(body);
  std::string text;
  if (!errors.has_value()) return text;
  for (const ControlError& error : errors->errors) {
    for (size_t i = 1; i < error.path.size(); ++i) text += (i > 1 ? "." : "") + error.path[i];
    text += ": " + error.message + "\n";
  }
  return text;
}

TEST(GatewayId, IsLettersDigitsAndThreeSigns) {
  for (const std::string_view good : {"a", "my-gateway", "A_b.9", "default"}) {
    EXPECT_TRUE(IsGatewayId(good)) << good;
  }
  EXPECT_TRUE(IsGatewayId(std::string(64, 'g')));
  for (const std::string_view bad : {"", "a b", "a/b", "ä", ".", "..", "a\n", "a%20"}) {
    EXPECT_FALSE(IsGatewayId(bad)) << bad;
  }
  EXPECT_FALSE(IsGatewayId(std::string(65, 'g')));
}

TEST(GatewaySettings, TheFieldsOfARequestAreKeptAndTheRestIsAsNobodySaid) {
  GatewaySettings settings;
  ASSERT_EQ(Wrong(Body()), "");
  ASSERT_FALSE(settings.Update(Body(R"("authentication":true,"retry_delay":null)")).has_value());
  const std::string members = settings.Members();
  for (const SettingField& field : GatewaySettingFields()) {
    EXPECT_NE(members.find("\"" + std::string(field.name) + "\":"), members.npos) << field.name;
  }
  EXPECT_NE(members.find("\"authentication\":true"), members.npos);
  EXPECT_NE(members.find("\"rate_limiting_limit\":50"), members.npos);
  EXPECT_NE(members.find("\"zdr\":false"), members.npos);
  EXPECT_EQ(GatewaySettings::FromStored(settings.Text()).Members(), members);
}

TEST(GatewaySettings, AFieldThatAnUpdateLeavesOutKeepsItsValue) {
  GatewaySettings settings;
  ASSERT_FALSE(
      settings.Update(Body(R"("authentication":true,"retry_max_attempts":3)")).has_value());
  ASSERT_FALSE(settings.Update(Body(R"("retry_max_attempts":null)")).has_value());
  EXPECT_TRUE(settings.View("g", PriceTable::BuiltIn()).authentication);
  EXPECT_FALSE(settings.View("g", PriceTable::BuiltIn()).defaults.max_attempts.has_value());
}

struct BadBody {
  const char* what;
  const char* body;   // beside the required fields; begins with `{`: the whole body
  const char* error;  // a piece of it
};

TEST(GatewaySettings, WhatIsWrongIsNamedWithItsPlace) {
  const BadBody table[] = {
      {"a missing field", "{}", "cache_ttl: `cache_ttl` is required"},
      {"null where there must be a value", R"("authentication":null)",
       "authentication: `authentication` must be true or false, found null"},
      {"a text for a number", R"("retry_delay":"5")",
       "retry_delay: `retry_delay` must be a whole number from 0 to 60000, or null, found \"5\""},
      {"a number out of range", R"("retry_max_attempts":6)", "from 1 to 5, or null, found 6"},
      {"a fraction", R"("request_timeout":1.5)", "found 1.5"},
      {"a word that is no choice", R"("retry_backoff":"random")",
       "must be \"constant\", \"linear\" or \"exponential\", or null, found \"random\""},
      {"a log strategy", R"("log_management_strategy":"FORGET")",
       "\"STOP_INSERTING\" or \"DELETE_OLDEST\""},
      {"spend limits without a window",
       R"("spend_limits":{"rules":[{"limit":1,"limitType":"cost"}]})",
       "spend_limits.rules.0.window: `spend_limits.rules.0.window` is required"},
      {"a spend limit of nothing",
       R"("spend_limits":{"rules":[{"limit":0,"limitType":"cost","window":60}]})",
       "spend_limits.rules.0.limit"},
      {"a spend limit that rounds to nothing",
       R"("spend_limits":{"rules":[{"limit":1e-12,"limitType":"cost","window":60}]})",
       "spend_limits.rules.0.limit: `spend_limits.rules.0.limit` must be at least 0.000000001"},
      {"two rules of one id",
       R"("spend_limits":{"rules":[{"id":"a","limit":1,"limitType":"cost","window":60},)"
       R"({"id":"a","limit":2,"limitType":"cost","window":60}]})",
       "spend_limits.rules.1.id: `spend_limits.rules.1.id` is the id of another rule"},
      {"a filter for nothing",
       R"("spend_limits":{"rules":[{"limit":1,"limitType":"cost","window":60,"metadata":{"u":{"mode":"filter","values":[]}}}]})",
       "metadata.u.values` must name at least one value"},
      {"another type of spend limit",
       R"("spend_limits":{"rules":[{"limit":1,"limitType":"count","window":60}]})",
       "must be \"cost\""},
      {"a filter without values",
       R"("spend_limits":{"rules":[{"limit":1,"limitType":"cost","window":60,"model":{"mode":"filter"}}]})",
       "model.values` is required"},
      {"a partition by model",
       R"("spend_limits":{"rules":[{"limit":1,"limitType":"cost","window":60,"model":{"mode":"partition"}}]})",
       "model.mode` must be \"filter\""},
      {"an exporter without headers", R"("otel":[{"url":"https://o"}])", "otel.0.headers"},
      {"a header that is no text", R"("otel":[{"url":"u","headers":{"a":1}}])", "otel.0.headers.a"},
      {"dlp without profiles", R"("dlp":{"enabled":true,"action":"BLOCK"})", "dlp.profiles"},
      {"a policy's check",
       R"("dlp":{"enabled":true,"policies":[{"id":"1","enabled":true,"action":"FLAG","check":["BOTH"],"profiles":[]}]})",
       "dlp.policies.0.check.0"},
      {"a category that is none", R"("guardrails":{"prompt":{"S14":"FLAG"},"response":{}})",
       "guardrails.prompt.S14"},
      {"guardrails of one side", R"("guardrails":{"prompt":{}})", "guardrails.response"},
      {"stripe without events", R"("stripe":{"authorization":"sk"})", "stripe.usage_events"},
      {"prices that are no array", R"("prices":{"models":[]})", "prices: "},
      {"a price without a model", R"("prices":[{"provider":"openai","per_token_in":1e-6}])",
       "prices.0: "},
      {"a negative price",
       R"("prices":[{"provider":"a","model":"b","per_token_in":0},{"provider":"a","model":"c","per_token_in":-1}])",
       "prices.1: "},
      {"a misspelt price", R"("prices":[{"provider":"a","model":"b","per_tokn_in":0}])",
       "per_tokn_in"},
      {"two prices of one model",
       R"("prices":[{"provider":"a","model":"b","per_token_in":0},{"provider":"a","model":"b","per_token_in":1}])",
       "same model"},
  };
  for (const BadBody& one : table) {
    const std::string body = one.body[0] == '{' ? one.body : Body(one.body);
    EXPECT_NE(Wrong(body).find(one.error), std::string::npos) << one.what << ":\n" << Wrong(body);
  }
}

TEST(GatewaySettings, NothingIsTakenFromABodyThatHasSomethingWrong) {
  GatewaySettings settings;
  const std::string before = settings.Text();
  EXPECT_TRUE(settings.Update(Body(R"("authentication":true,"retry_delay":-1)")).has_value());
  EXPECT_EQ(settings.Text(), before);
}

TEST(GatewaySettings, TheDataPlaneSeesWhatItObeys) {
  GatewaySettings settings;
  ASSERT_FALSE(
      settings
          .Update(Body(
              R"("rate_limiting_technique":"sliding","byok_only":true,)"
              R"("retry_max_attempts":3,"retry_delay":250,"retry_backoff":"linear",)"
              R"("request_timeout":1500,"spend_limits":{"rules":[)"
              R"({"limit":2.5,"limitType":"cost","window":3600,"technique":"sliding",)"
              R"("model":{"mode":"filter","values":["gpt-4o"]},)"
              R"("metadata":{"team":{"mode":"partition"},"plan":{"mode":"filter","values":["free"]}}},)"
              R"({"limit":1,"limitType":"cost","window":60,"enabled":false}]})"))
          .has_value());
  const GatewayView view = settings.View("g", PriceTable::BuiltIn());
  EXPECT_EQ(view.id, "g");
  EXPECT_FALSE(view.authentication);
  EXPECT_TRUE(view.byok_only);
  EXPECT_EQ(view.rate_limit.limit, 50u);
  EXPECT_EQ(view.rate_limit.interval_seconds, 60u);
  EXPECT_EQ(view.rate_limit.technique, WindowTechnique::kSliding);
  EXPECT_EQ(view.defaults.max_attempts, 3u);
  EXPECT_EQ(view.defaults.retry_delay, std::chrono::milliseconds(250));
  EXPECT_EQ(view.defaults.backoff, Backoff::kLinear);
  EXPECT_EQ(view.defaults.timeout, std::chrono::milliseconds(1500));
  ASSERT_EQ(view.spend_rules.size(), 1u) << "a rule that is off does not act";
  const SpendRule& rule = view.spend_rules[0];
  EXPECT_EQ(rule.limit_nano_dollars, 2'500'000'000u);
  EXPECT_EQ(rule.window_seconds, 3600u);
  EXPECT_EQ(rule.technique, WindowTechnique::kSliding);
  EXPECT_EQ(rule.models, std::vector<std::string>{"gpt-4o"});
  EXPECT_EQ(rule.partition_by, std::vector<std::string>{"team"});
  EXPECT_EQ(rule.metadata.at("plan"), std::vector<std::string>{"free"});
  EXPECT_FALSE(rule.id.empty()) << "a rule without an id gets one";
}

TEST(GatewaySettings, WhatWasGivenBackCanBeSentAgain) {
  GatewaySettings settings;
  const std::string text = settings.Text();
  EXPECT_EQ(Wrong(text), "");
  ASSERT_FALSE(settings.Update(text).has_value());
  EXPECT_EQ(settings.Text(), text);
}

TEST(GatewaySettings, ARuleKeepsItsId) {
  GatewaySettings settings;
  const std::string rules =
      R"("spend_limits":{"rules":[{"limit":1,"limitType":"cost","window":60,"id":"mine"}]})";
  ASSERT_FALSE(settings.Update(Body(rules)).has_value());
  EXPECT_EQ(settings.View("g", PriceTable::BuiltIn()).spend_rules.at(0).id, "mine");
}

TEST(GatewaySettings, SpendLimitsThatAreOffHaveNoRules) {
  GatewaySettings settings;
  ASSERT_FALSE(
      settings
          .Update(Body(
              R"("spend_limits":{"enabled":false,"rules":[{"limit":1,"limitType":"cost","window":60}]})"))
          .has_value());
  EXPECT_TRUE(settings.View("g", PriceTable::BuiltIn()).spend_rules.empty());
}

TEST(GatewaySettings, OwnPricesGoBeforeThoseOfTheProcess) {
  GatewaySettings settings;
  EXPECT_EQ(settings.View("g", PriceTable::BuiltIn()).prices, nullptr);
  ASSERT_EQ(Wrong(Body()), "");
  ASSERT_FALSE(settings
                   .Update(Body(R"("prices":[{"provider":"openai","model":"gpt-4o-mini",)"
                                R"("per_token_in":0.0000025,"per_token_out":1e-7},)"
                                R"({"provider":"mine","model":"own","per_token_in":0.5}])"))
                   .has_value());
  const GatewayView view =
      GatewaySettings::FromStored(settings.Text()).View("g", PriceTable::BuiltIn());
  ASSERT_NE(view.prices, nullptr);
  const auto input = [&view](std::string_view provider, std::string_view model) {
    const ModelPrice* price = view.prices->Find(provider, model);
    return price == nullptr ? AttoDollars{0} : price->prices[PriceKind::kInput].value_or(0);
  };
  EXPECT_EQ(input("openai", "gpt-4o-mini"), 2500 * kAttoDollarsPerNanoDollar);
  EXPECT_EQ(input("mine", "own"), 500'000'000 * kAttoDollarsPerNanoDollar);
  EXPECT_GT(input("openai", "gpt-4o"), 0u) << "others are as they were";
  ASSERT_FALSE(settings.Update(Body(R"("prices":null)")).has_value());
  EXPECT_EQ(settings.View("g", PriceTable::BuiltIn()).prices, nullptr);
}

TEST(GatewaySettings, CredentialsAreMaskedForTheAuditLog) {
  GatewaySettings settings;
  ASSERT_FALSE(
      settings
          .Update(Body(
              R"("otel":[{"url":"https://o","headers":{"x-key":"hidden1"},"authorization":"hidden2"}],)"
              R"("stripe":{"authorization":"hidden3","usage_events":[{"payload":"p"}]})"))
          .has_value());
  EXPECT_EQ(settings.MaskedMembers().find("hidden"), std::string::npos);
  EXPECT_NE(settings.MaskedMembers().find("\"x-key\":\"***\""), std::string::npos);
  EXPECT_NE(settings.Members().find("hidden3"), std::string::npos);
}

TEST(GatewaySettings, AStoredTextThatIsNotOursIsAsIfNobodyHadSaidAnything) {
  for (const char* const text : {"", "[]", "{\"spend_limits\":{\"rules\":[7]}}",
                                 "{\"rate_limiting_limit\":\"many\"}", "{\"otel\":{}}"}) {
    EXPECT_EQ(GatewaySettings::FromStored(text).Text(), GatewaySettings().Text()) << text;
    GatewaySettings::FromStored(text).View("g", PriceTable::BuiltIn());
  }
}

TEST(GatewaySettings, TheyHaveABound) {
  std::string rules;
  for (int i = 0; i < 1000; ++i) {
    rules += R"({"limit":1,"limitType":"cost","window":60,"model":{"mode":"filter","values":[")" +
             std::string(300, 'm') + "\"]}},";
  }
  rules.pop_back();
  EXPECT_NE(
      Wrong(Body("\"spend_limits\":{\"rules\":[" + rules + "]}")).find("at most 262144 bytes"),
      std::string::npos);
}

}  // namespace
}  // namespace junctor::engine
