// Elements one by one: outputs, properties, what they mean in the graph (R1, R2, R5, R10–R14, R19,
// R25).
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/compiler/sema/analyze_testing.h"

namespace junctor::compiler {
namespace {

template <typename NodeType>
const NodeType& NodeOf(const Analysis& analysis, size_t index = 1) {
  return std::get<NodeType>(analysis.graph->nodes.at(index).kind);
}

TEST(Document, R1RefusesUnknownKeysAnywhere) {
  EXPECT_EQ(AnalyzeText(RouteWith("m", "")).codes(), "ok");
  EXPECT_EQ(AnalyzeText(
                RouteWith("m", "",
                          R"("$schema": "x", "id": "r1", "description": "d", "deadline": 5000, )"))
                .codes(),
            "ok");
  EXPECT_EQ(AnalyzeText(RouteWith("m", "", R"("version": 1, )")).codes(), "0205");
  EXPECT_EQ(AnalyzeText(RouteWith("m", R"({"id": "e", "type": "end", "label": "x"},)")).codes(),
            "0205");
  EXPECT_EQ(AnalyzeText(RouteWithModel(R"("timout": 5)")).codes(), "0205");
  EXPECT_EQ(AnalyzeText("{}").codes(), "0202 0202");
  EXPECT_EQ(AnalyzeText("[]").codes(), "0201");
  EXPECT_EQ(AnalyzeText(R"({"name": 5, "elements": {}})").codes(), "0203 0203");
  // A misspelt key is one error, not two.
  EXPECT_EQ(AnalyzeText(R"({"nmae": "r", "elements": []})").codes(), "0205 0502");
}

TEST(Document, R2AcceptsBothSpellingsButNotTwice) {
  const std::string limit = R"("limitType": "count", "limit": 5, "key": [], )";
  for (const char* type : {"rate", "rate_limit", "budget_limit"}) {
    EXPECT_EQ(AnalyzeText(RouteWithRate(limit + R"("window": 60)", type)).codes(), "ok");
  }
  const Analysis interval = AnalyzeText(RouteWithRate(limit + R"("interval": 60)"));
  ASSERT_EQ(interval.codes(), "ok");
  EXPECT_EQ(NodeOf<LimitNode>(interval).window_seconds, 60u);
  EXPECT_EQ(AnalyzeText(RouteWithRate(limit + R"("interval": 60, "window": 60)")).codes(), "0206");
  const Analysis budget =
      AnalyzeText(RouteWithRate(R"("limit": 0.5, "window": 60, "key": [])", "budget_limit"));
  ASSERT_EQ(budget.codes(), "ok");
  EXPECT_EQ(NodeOf<LimitNode>(budget).type, LimitType::kCost);
  EXPECT_EQ(NodeOf<LimitNode>(budget).limit, 500'000'000u);
  const std::string outputs =
      R"(, "outputs": {"true": {"elementId": "m"}, "false": {"elementId": "end"}}},)";
  EXPECT_EQ(
      AnalyzeText(
          RouteWith(
              "c",
              R"({"id": "c", "type": "conditional", "properties": {"condition": {"body.a": 1}})" +
                  outputs))
          .codes(),
      "0505");
  EXPECT_EQ(
      AnalyzeText(
          RouteWith(
              "c",
              R"({"id": "c", "type": "conditional", "properties": {"condition": {"body.a": 1}, "conditions": {"body.a": 1}})" +
                  outputs))
          .codes(),
      "0206");
}

TEST(Names, R5IdsAndNames) {
  auto with_id = [](const std::string& id) {
    return AnalyzeText(
               RouteWith(
                   id,
                   "{\"id\": \"" + id +
                       R"(", "type": "model", "properties": {"provider": "p", "model": "x"}, "outputs": {"success": {"elementId": "end"}}},)"))
        .codes();
  };
  EXPECT_EQ(with_id("A-z_0.9"), "0503");  // `m` is not reached
  EXPECT_EQ(with_id(std::string(64, 'a')), "0503");
  EXPECT_EQ(with_id(std::string(65, 'a')), "0301");
  EXPECT_EQ(with_id(""), "0301");
  EXPECT_EQ(with_id("a b"), "0301");
  EXPECT_EQ(with_id("é"), "0301");
  EXPECT_EQ(with_id("m"), "0306");
  EXPECT_EQ(AnalyzeText(R"({"name": "a/b", "elements": []})").codes(), "0302 0502");
}

TEST(Elements, R10AndR25StartAndEnd) {
  const std::string end = R"({"id": "e2", "type": "end")";
  EXPECT_EQ(AnalyzeText(RouteWith("m", end + R"(, "outputs": {}, "properties": {}},)")).codes(),
            "0503");
  EXPECT_EQ(
      AnalyzeText(RouteWith("m", end + R"(, "outputs": {"next": {"elementId": "m"}}},)")).codes(),
      "0209");
  EXPECT_EQ(AnalyzeText(RouteWith("m", end + R"(, "properties": {"a": 1}},)")).codes(), "0208");
  EXPECT_EQ(AnalyzeText(R"({"name": "r", "elements": [{"id": "s", "type": "start"}]})").codes(),
            "0211");
}

TEST(Percentage, R12SumsExactly) {
  const struct {
    const char* name;
    std::vector<std::string> shares;
    const char* codes;
  } cases[] = {
      {"halves", {"50% a", "50% b"}, "ok"},
      {"one whole", {"100%"}, "ok"},
      {"thirds and a rest", {"33.3333% a", "33.3333% b", "33.3334% c"}, "ok"},
      {"tenths, which binary fractions miss", {"0.1% a", "0.2% b", "99.7% c"}, "ok"},
      {"the least share", {"0.0001%", "99.9999%"}, "ok"},
      {"five and else", {"1% a", "1% b", "1% c", "1% d", "1% e", "else"}, "ok"},
      {"six", {"1% a", "1% b", "1% c", "1% d", "1% e", "1% f", "else"}, "0608"},
      {"too little", {"50% a", "45% b"}, "0405"},
      {"too much", {"50% a", "60% b"}, "0406"},
      {"else of nothing", {"50% a", "50% b", "else"}, "0704"},
      {"zero", {"0%", "100%"}, "0407"},
      {"above 100", {"101%"}, "0407"},
      {"five decimals", {"33.33333%", "else"}, "0407"},
      {"a space before the sign", {"50 %", "else"}, "0401"},
      {"no number", {"%", "else"}, "0401"},
      {"no sign", {"50", "else"}, "0401"},
      {"a comma", {"0,5%", "else"}, "0401"},
      {"a label without a space", {"50%a", "else"}, "0401"},
      {"a space without a label", {"50% ", "else"}, "0401"},
      {"negative", {"-5%", "else"}, "0401"},
      {"else alone", {"else"}, "0211"},
      {"nothing", {}, "0211"},
  };
  for (const auto& c : cases) {
    const std::string codes = AnalyzeText(RouteWithShares(c.shares)).codes();
    // Without outputs, what they led to is not reached; that is not the error.
    EXPECT_EQ(codes, c.codes) << c.name;
  }
}

TEST(Percentage, R12SaysWhatIsMissing) {
  const Analysis missing = AnalyzeText(RouteWithShares({"70% a", "25% b"}));
  EXPECT_EQ(missing.diagnostics.at(0).message,
            "the shares of the percentage element `ab` add up to 95 %, 5 % are missing");
  EXPECT_EQ(missing.diagnostics.at(0).help, "add an `else` output or raise a share by 5");
  const Analysis twice = AnalyzeText(RouteWithShares({"50%", "50%"}));
  EXPECT_EQ(twice.codes(), "0103");
  EXPECT_EQ(twice.diagnostics.at(0).help,
            "tell equal shares apart by a label: `\"50% a\"` and `\"50% b\"`");
}

TEST(Percentage, R12AndR13MakeOutputsInOrder) {
  const Analysis analysis = AnalyzeText(RouteWithShares({"else", "10% new", "33.3%"}));
  ASSERT_EQ(analysis.codes(), "ok");
  const SplitNode& split = NodeOf<SplitNode>(analysis);
  ASSERT_EQ(split.outputs.size(), 3u);
  EXPECT_EQ(split.outputs[0].label, "10% new");
  EXPECT_EQ(split.outputs[0].share, 100'000u);
  EXPECT_EQ(split.outputs[1].share, 333'000u);
  EXPECT_EQ(split.outputs[2].label, "else");
  EXPECT_EQ(split.outputs[2].share, 567'000u);
}

TEST(Rate, R14Properties) {
  const struct {
    const char* name;
    const char* properties;
    const char* codes;
  } cases[] = {
      {"all of a count",
       R"("limitType": "count", "limit": 5, "window": 60, "key": "metadata.u", "technique": "sliding")",
       "ok"},
      {"a whole number with decimals",
       R"("limitType": "count", "limit": 5.0, "window": 6e1, "key": [])", "ok"},
      {"a count with a fraction", R"("limitType": "count", "limit": 5.5, "window": 60, "key": [])",
       "0412"},
      {"a count of zero", R"("limitType": "count", "limit": 0, "window": 60, "key": [])", "0411"},
      {"a negative count", R"("limitType": "count", "limit": -5, "window": 60, "key": [])", "0411"},
      {"a cost",
       R"("limitType": "cost", "limit": 0.000000001, "window": 60, "key": [], "reserve": true)",
       "ok"},
      {"a cost of zero", R"("limitType": "cost", "limit": 0, "window": 60, "key": [])", "0411"},
      {"a cost too fine", R"("limitType": "cost", "limit": 0.0000000001, "window": 60, "key": [])",
       "0413"},
      {"an unknown type", R"("limitType": "tokens", "limit": "x", "window": 60, "key": [])",
       "0410"},
      {"no type", R"("limit": 5, "window": 60, "key": [])", "0202"},
      {"no limit", R"("limitType": "count", "window": 60, "key": [])", "0202"},
      {"no window", R"("limitType": "count", "limit": 5, "key": [])", "0202"},
      {"a window of zero", R"("limitType": "count", "limit": 5, "window": 0, "key": [])", "0411"},
      {"a window of a year", R"("limitType": "count", "limit": 5, "window": 31536000, "key": [])",
       "ok"},
      {"a longer window", R"("limitType": "count", "limit": 5, "window": 31536001, "key": [])",
       "0411"},
      {"no key", R"("limitType": "count", "limit": 5, "window": 60)", "0715"},
      {"four fields",
       R"("limitType": "count", "limit": 5, "window": 60, "key": ["metadata.a", "headers.b", "body.c", "request.model"])",
       "ok"},
      {"five fields",
       R"("limitType": "count", "limit": 5, "window": 60, "key": ["metadata.a", "metadata.b", "metadata.c", "metadata.d", "metadata.e"])",
       "0609"},
      {"a field twice",
       R"("limitType": "count", "limit": 5, "window": 60, "key": ["headers.A", "headers.a"])",
       "0310"},
      {"a field without a root", R"("limitType": "count", "limit": 5, "window": 60, "key": "user")",
       "0307"},
      {"a key that is a number", R"("limitType": "count", "limit": 5, "window": 60, "key": 5)",
       "0203"},
      {"reserve of a count",
       R"("limitType": "count", "limit": 5, "window": 60, "key": [], "reserve": true)", "0418"},
      {"local without its store",
       R"("limitType": "count", "limit": 5, "window": 60, "key": [], "onStoreFailure": "local")",
       "ok"},
      {"closed without its store",
       R"("limitType": "cost", "limit": 5, "window": 60, "key": [], "onStoreFailure": "refuse")",
       "ok"},
      {"an unknown policy",
       R"("limitType": "count", "limit": 5, "window": 60, "key": [], "onStoreFailure": "open")",
       "0410"},
      {"a policy that is no text",
       R"("limitType": "count", "limit": 5, "window": 60, "key": [], "onStoreFailure": true)",
       "0203"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(AnalyzeText(RouteWithRate(c.properties)).codes(), c.codes) << c.name;
  AnalyzeOptions idle;
  idle.cost_limits_act = false;
  EXPECT_EQ(AnalyzeText(RouteWithRate(cases[5].properties), idle).codes(), "0706");
}

TEST(Model, R19Properties) {
  const struct {
    const char* name;
    const char* properties;
    const char* codes;
  } cases[] = {
      {"only what is required", "", "ok"},
      {"the least timeout", R"("timeout": 1)", "ok"},
      {"the longest timeout", R"("timeout": 3600000)", "ok"},
      {"no timeout at all", R"("timeout": 0)", "0411"},
      {"a timeout too long", R"("timeout": 3600001)", "0411"},
      {"five retries", R"("retries": 5, "retryDelay": 5000, "backoff": "linear")", "ok"},
      {"six retries", R"("retries": 6)", "0411"},
      {"a delay too long", R"("retries": 1, "retryDelay": 5001)", "0411"},
      {"an unknown backoff", R"("retries": 1, "backoff": "quadratic")", "0410"},
      {"classes", R"("retries": 1, "retryOn": ["timeout", "reset"])", "ok"},
      {"an unknown class", R"("retries": 1, "retryOn": ["timeot"])", "0410"},
      {"classes that are no list", R"("retries": 1, "retryOn": "timeout")", "0203"},
      {"stream failure", R"("onStreamFailure": "hold", "stallTimeout": 5)", "ok"},
      {"an unknown policy", R"("onStreamFailure": "ignore")", "0410"},
      {"params", R"("params": {"temperature": 0})", "ok"},
      {"params that are no object", R"("params": [])", "0203"},
      {"the model in params", R"("params": {"model": "y"})", "0417"},
      {"an alias", R"("byokAlias": "team-a")", "ok"},
      {"an empty alias", R"("byokAlias": "")", "0421"},
      {"a delay without retries", R"("retryDelay": 5)", "0710"},
      {"fallbackOn without a fallback", R"("fallbackOn": ["timeout"])", "0711"},
      {"a hedge without a fallback", R"("hedge": {"after": 5})", "0422"},
      {"no health", R"("health": false)", "ok"},
      {"health as it is", R"("health": {})", "ok"},
      {"the most of health", R"("health": {"failures": 1000, "cooldown": 3600000})", "ok"},
      {"the least of health", R"("health": {"failures": 1, "cooldown": 1})", "ok"},
      {"no failure at all", R"("health": {"failures": 0})", "0411"},
      {"too many failures", R"("health": {"failures": 1001})", "0411"},
      {"a cooldown too long", R"("health": {"cooldown": 3600001})", "0411"},
      {"half a failure", R"("health": {"failures": 1.5})", "0412"},
      {"health that is true", R"("health": true)", "0203"},
      {"health that is null", R"("health": null)", "0203"},
      {"an unknown key of health", R"("health": {"window": 5})", "0205"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(AnalyzeText(RouteWithModel(c.properties)).codes(), c.codes) << c.name;
}

TEST(Model, ChecksHedges) {
  const struct {
    const char* name;
    const char* properties;
    const char* codes;
  } cases[] = {
      {"the least", R"("hedge": {"after": 1})", "ok"},
      {"just below the timeout", R"("timeout": 500, "hedge": {"after": 499})", "ok"},
      {"at the timeout", R"("timeout": 500, "hedge": {"after": 500})", "0716"},
      {"beyond the usual timeout", R"("hedge": {"after": 3600000})", "0716"},
      {"beside a damaged timeout", R"("timeout": "1", "hedge": {"after": 60000})", "0203"},
      {"at once", R"("hedge": {"after": 0})", "0411"},
      {"too late", R"("hedge": {"after": 3600001})", "0411"},
      {"without a time", R"("hedge": {})", "0202"},
      {"a misspelt time", R"("hedge": {"afer": 5})", "0205"},
      {"an unknown key", R"("hedge": {"after": 5, "to": "x"})", "0205"},
      {"a bare number", R"("hedge": 5)", "0203"},
      {"slowness is not for the fallback", R"("fallbackOn": ["reset"], "hedge": {"after": 5})",
       "0716"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(AnalyzeText(RouteWithModel(c.properties, "", true)).codes(), c.codes) << c.name;
}

TEST(Model, R19FillsTheSpec) {
  const Analysis analysis = AnalyzeText(RouteWithModel(
      R"("retries": 2, "retryDelay": 250, "backoff": "constant", "timeout": 1500, "stallTimeout": 7,
         "onStreamFailure": "continue", "byokAlias": "k", "fallbackOn": ["timeout"],
         "hedge": {"after": 700}, "health": {"failures": 3},
         "params": { "temperature" : 0.0, /* kept */ "stop": ["\u0041", 1e2], })",
      "\"deadline\": 9000, ", true));
  ASSERT_EQ(analysis.codes(), "ok");
  EXPECT_EQ(analysis.graph->deadline_ms, 9000u);
  const CallNode& call = NodeOf<CallNode>(analysis);
  EXPECT_EQ(call.spec.provider, "openai");
  EXPECT_EQ(call.spec.model, "y");
  EXPECT_EQ(call.spec.timeout_ms, 1500u);
  EXPECT_EQ(call.spec.stall_timeout_ms, 7u);
  EXPECT_EQ(call.spec.retries, 2);
  EXPECT_EQ(call.spec.retry_delay_ms, 250u);
  EXPECT_EQ(call.spec.backoff, Backoff::kConstant);
  EXPECT_EQ(call.spec.on_stream_failure, StreamFailurePolicy::kContinue);
  EXPECT_EQ(call.spec.byok_alias, "k");
  EXPECT_EQ(call.spec.hedge_after_ms, 700u);
  EXPECT_TRUE(call.spec.health_enabled);
  EXPECT_EQ(call.spec.health_failures, 3u);
  EXPECT_EQ(call.spec.health_cooldown_ms, 10'000u);
  EXPECT_EQ(call.spec.params, R"({"temperature":0.0,"stop":["\u0041",1e2]})");
  EXPECT_TRUE(call.spec.has_fallback);
  EXPECT_EQ(call.spec.retry_on, DefaultRetryOn(true));
  EXPECT_EQ(call.spec.fallback_on, Only(ErrorClass::kTimeout));
}

TEST(Model, HealthCanBeTurnedOff) {
  const Analysis analysis = AnalyzeText(RouteWithModel(R"("health": false)"));
  ASSERT_EQ(analysis.codes(), "ok");
  EXPECT_FALSE(NodeOf<CallNode>(analysis).spec.health_enabled);
  EXPECT_TRUE(NodeOf<CallNode>(AnalyzeText(RouteWithModel(""))).spec.health_enabled);
}

TEST(Model, R19WarnsOfADeadlineThatCutsAttempts) {
  EXPECT_EQ(AnalyzeText(RouteWithModel("\"retries\": 1", "\"deadline\": 5000, ")).codes(), "0709");
  EXPECT_EQ(AnalyzeText(RouteWithModel("\"retries\": 1, \"timeout\": 100", "\"deadline\": 5000, "))
                .codes(),
            "ok");
  EXPECT_EQ(AnalyzeText(RouteWithModel("", "\"deadline\": 5000, ")).codes(), "ok");
}

TEST(Rate, R16_WarnsOfModelsWithoutAPriceWhereMoneyIsCounted) {
  AnalyzeOptions options;
  options.cost_limits_act = true;
  options.is_priced = [](std::string_view provider, std::string_view model) {
    return provider == "openai" && model == "gpt-4o";
  };
  const std::string cost = R"("limitType": "cost", "limit": 5, "window": 60, "key": [])";
  const std::string count = R"("limitType": "count", "limit": 5, "window": 60, "key": [])";
  EXPECT_EQ(AnalyzeText(RouteWithRate(cost), options).codes(), "0717");
  EXPECT_EQ(AnalyzeText(RouteWithRate(count), options).codes(), "ok");
  options.is_priced = [](std::string_view, std::string_view) { return true; };
  EXPECT_EQ(AnalyzeText(RouteWithRate(cost), options).codes(), "ok");
}

TEST(Model, WarnsOfUnknownProviders) {
  AnalyzeOptions options;
  options.known_providers = {"anthropic"};
  EXPECT_EQ(AnalyzeText(RouteWith("m", ""), options).codes(), "0707");
  options.known_providers = {"openai"};
  EXPECT_EQ(AnalyzeText(RouteWith("m", ""), options).codes(), "ok");
}

}  // namespace
}  // namespace junctor::compiler
