// What limits have counted, over the admin API: seen, forgotten, granted.
#include <gtest/gtest.h>

#include <string>

#include "engine/limits/gateway_limits.h"
#include "engine/limits/limit_key_json.h"
#include "tests/unit/engine/admin/admin_fixture.h"

namespace junctor::engine {
namespace {

constexpr const char* kRoutes = "/ai-gateway/gateways/g/routes";
constexpr const char* kLimits = "/ai-gateway/gateways/g/routes/r/limits";

constexpr const char* kRoute = R"({"name":"r","elements":[
    {"id":"s","type":"start","outputs":{"next":{"elementId":"n"}}},
    {"id":"n","type":"rate","properties":{"limitType":"count","key":"metadata.user","limit":3,
     "window":3600},"outputs":{"success":{"elementId":"budget"}}},
    {"id":"budget","type":"rate","properties":{"limitType":"cost","limit":5,"window":3600},
     "outputs":{"success":{"elementId":"m"}}},
    {"id":"m","type":"model","properties":{"provider":"openai","model":"gpt-4o"},
     "outputs":{"success":{"elementId":"e"}}},
    {"id":"e","type":"end","outputs":{}}]})";

class LimitEndpoints : public AdminTest {
 protected:
  LimitEndpoints() {
    MakeGateway("g");
    MustAsk(200, "POST", kRoutes, kRoute);
    count_.limit = 3;
    count_.window_seconds = 3600;
    cost_.type = LimitType::kCost;
    cost_.limit = 5'000'000'000;
    cost_.window_seconds = 3600;
  }

  int64_t now_ns() const { return instance().now_ms * 1'000'000; }
  static std::string Key(const std::string& user) {
    return *ReadLimitKeyJson("[\"" + user + "\"]");
  }
  // A request of `user`, as the data plane asks; whether it passes.
  bool Take(const std::string& user) {
    return instance()
        .limits.Take("g", "r", "n", user.empty() ? "" : Key(user), count_, now_ns())
        .admitted;
  }
  void Spend(uint64_t nano_dollars) {
    const CostPass pass = instance().limits.PassCost("g", "r", "budget", "", cost_, 0, now_ns());
    instance().limits.Charge(pass.ticket, nano_dollars, now_ns());
  }
  static bool Has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
  }

  LimitSpec count_, cost_;
};

TEST_F(LimitEndpoints, ListWhatWasCounted) {
  EXPECT_TRUE(Has(MustAsk(200, "GET", kLimits), "\"result\":[]"));
  Take("b");
  Take("a");
  Take("a");
  Spend(1'250'000'000);
  const std::string all = MustAsk(200, "GET", kLimits);
  EXPECT_TRUE(Has(all, R"("result":[{"element":"budget","type":"cost","key":[],"key_id":"k_",)"
                       R"("limit":5,"granted":0,"spent":1.25,"held":0,"left":3.75,)"))
      << all;
  EXPECT_TRUE(Has(all, R"({"element":"n","type":"count","key":["a"],"key_id":"k_cwEAAABh",)"
                       R"("limit":3,"granted":0,"spent":2,"held":0,"left":1,)"))
      << all;
  EXPECT_TRUE(Has(all, R"("total_count":3)")) << all;
  const std::string page = MustAsk(200, "GET", std::string(kLimits) + "?page=2&per_page=2");
  EXPECT_TRUE(Has(page, R"("key":["b"])") && !Has(page, R"("key":["a"])")) << page;
  for (const char* const query : {"?element=n&key=%5B%22a%22%5D", "?key_id=k_cwEAAABh"}) {
    const std::string one = MustAsk(200, "GET", kLimits + std::string(query));
    EXPECT_TRUE(Has(one, R"("key":["a"])") && Has(one, R"("total_count":1)")) << one;
  }
  EXPECT_TRUE(Has(MustAsk(400, "GET", std::string(kLimits) + "?key=a"), R"(["query","key"])"));
  EXPECT_TRUE(
      Has(MustAsk(400, "GET", std::string(kLimits) + "?key_id=a"), R"(["query","key_id"])"));
  MustAsk(404, "GET", "/ai-gateway/gateways/g/routes/other/limits");
  MustAsk(404, "GET", "/ai-gateway/gateways/other/limits");
}

TEST_F(LimitEndpoints, ResetForgets) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Take("a"));
  EXPECT_FALSE(Take("a"));
  const std::string done =
      MustAsk(200, "POST", std::string(kLimits) + "/reset", R"({"element":"n","key":["a"]})");
  EXPECT_TRUE(Has(done, R"("result":{"element":"n","key":["a"],"key_id":"k_cwEAAABh"})")) << done;
  EXPECT_TRUE(Take("a"));
  MustAsk(200, "POST", std::string(kLimits) + "/reset", R"({"element":"n","key_id":"k_cwEAAABh"})");
  const std::string log =
      MustAsk(200, "GET", "/ai-gateway/audit_logs?resource.type=ai_gateway.route");
  EXPECT_TRUE(Has(log, "limit reset")) << log;
}

TEST_F(LimitEndpoints, GrantLetsExactlySoManyMorePass) {
  for (int i = 0; i < 3; ++i) Take("a");
  const std::string done = MustAsk(200, "POST", std::string(kLimits) + "/grant",
                                   R"({"element":"n","key":["a"],"amount":2})");
  EXPECT_TRUE(Has(done, R"("type":"count","amount":2})")) << done;
  EXPECT_TRUE(Take("a"));
  EXPECT_TRUE(Take("a"));
  EXPECT_FALSE(Take("a"));
  Spend(5'000'000'000);
  MustAsk(200, "POST", std::string(kLimits) + "/grant",
          R"({"element":"budget","key":[],"amount":0.5})");
  const std::string all = MustAsk(200, "GET", std::string(kLimits) + "?element=budget");
  EXPECT_TRUE(Has(all, R"("limit":5.5,"granted":0.5,"spent":5,"held":0,"left":0.5,)")) << all;
  EXPECT_TRUE(Has(MustAsk(200, "GET", "/ai-gateway/audit_logs"), "limit granted"));
}

TEST_F(LimitEndpoints, WhatIsWrongIsNamed) {
  Take("a");
  const struct {
    int status;
    const char* action;
    const char* body;
    const char* part;
  } cases[] = {
      {400, "reset", "[]", R"("path":["body"])"},
      {400, "reset", R"({"key":["a"]})", R"("path":["body","element"])"},
      {400, "reset", R"({"element":7,"key":["a"]})", R"("path":["body","element"])"},
      {400, "reset", R"({"element":"n"})", R"("path":["body","key"])"},
      {400, "reset", R"({"element":"n","key":null})", R"("path":["body","key"])"},
      {400, "reset", R"({"element":"n","key":"a"})", R"("path":["body","key"])"},
      {400, "reset", R"({"element":"n","key":[{"several":1}]})", R"("path":["body","key"])"},
      {400, "reset", R"({"element":"n","key_id":"a"})", R"("path":["body","key_id"])"},
      {400, "reset", R"({"element":"n","key":["a"],"key_id":"k_"})", R"("path":["body","key_id"])"},
      {404, "reset", R"({"element":"n","key":["b"]})", "has counted nothing for the key"},
      {404, "reset", R"({"element":"other","key":["a"]})", "`other`"},
      {400, "grant", R"({"element":"n","key":["a"]})", R"("path":["body","amount"])"},
      {400, "grant", R"({"element":"n","key":["a"],"amount":"1"})", R"("path":["body","amount"])"},
      {400, "grant", R"({"element":"n","key":["a"],"amount":0})", "at least 1"},
      {400, "grant", R"({"element":"n","key":["a"],"amount":-1})", R"("path":["body","amount"])"},
      {400, "grant", R"({"element":"n","key":["a"],"amount":1.5})", "whole number"},
      {400, "grant", R"({"element":"budget","key":[],"amount":1e300})", "US dollars"},
      {404, "grant", R"({"element":"n","key":["b"],"amount":1})", "has counted nothing"},
      {404, "grant", R"({"element":"m","key":["a"],"amount":1})", "has no limit `m`"},
  };
  for (const auto& one : cases) {
    const std::string answer =
        MustAsk(one.status, "POST", std::string(kLimits) + "/" + one.action, one.body);
    EXPECT_TRUE(Has(answer, one.part)) << one.body << "\n" << answer;
  }
  EXPECT_FALSE(Has(MustAsk(200, "GET", "/ai-gateway/audit_logs"), "limit "))
      << "what was refused is not in the audit log";
}

TEST_F(LimitEndpoints, ReadingIsNotEnoughToChange) {
  Take("a");
  const std::string reader = MakeToken(R"({"name":"reader","permissions":["read"]})");
  EXPECT_EQ(AskAs(reader, "GET", kLimits).status, 200);
  for (const char* const action : {"/reset", "/grant"}) {
    const std::string body = R"({"element":"n","key":["a"],"amount":1})";
    EXPECT_EQ(AskAs(reader, "POST", std::string(kLimits) + action, body).status, 403);
    EXPECT_EQ(
        AskAs(reader, "POST", std::string("/ai-gateway/gateways/g/limits") + action, body).status,
        403);
  }
}

TEST_F(LimitEndpoints, AGatewaysOwnLimitsStandBesideThoseOfItsRoutes) {
  Take("a");
  LimitStore& limits = instance().limits;
  const std::string spend = std::string(kSpendElementPrefix) + "team";
  limits.Take("g", kGatewayLimitRoute, kGatewayRateElement, "", count_, now_ns());
  const CostPass pass =
      limits.PassCost("g", kGatewayLimitRoute, spend, Key("x"), cost_, 0, now_ns());
  limits.Charge(pass.ticket, 1'000'000'000, now_ns());
  const std::string path = "/ai-gateway/gateways/g/limits";
  const std::string all = MustAsk(200, "GET", path);
  EXPECT_TRUE(Has(all, R"("element":"rate","type":"count","key":[])")) << all;
  EXPECT_TRUE(Has(all, R"("element":"spend:team","type":"cost","key":["x"])")) << all;
  EXPECT_FALSE(Has(all, R"("element":"n")")) << all;
  MustAsk(200, "POST", path + "/grant", R"({"element":"rate","key":[],"amount":4})");
  MustAsk(200, "POST", path + "/grant", R"({"element":"spend:team","key":["x"],"amount":0.25})");
  MustAsk(404, "POST", path + "/grant", R"({"element":"n","key":["a"],"amount":1})");
  const std::string granted = MustAsk(200, "GET", path);
  EXPECT_TRUE(Has(granted, R"("limit":7,"granted":4,)")) << granted;
  EXPECT_TRUE(Has(granted, R"("limit":5.25,"granted":0.25,)")) << granted;
  MustAsk(200, "POST", path + "/reset", R"({"element":"spend:team","key":["x"]})");
  EXPECT_FALSE(Has(MustAsk(200, "GET", path), "spend:team"));
}

TEST_F(LimitEndpoints, ExplainSaysWhatALimitWouldSay) {
  const std::string version =
      TextOf(MustAsk(200, "GET", std::string(kRoutes) + "/r/versions"), "version_id");
  const std::string path = std::string(kRoutes) + "/r/versions/" + version + "/explain";
  const auto explain = [&](int status, const std::string& limits) {
    return MustAsk(status, "POST", path,
                   R"({"request":{"body":{},"metadata":{"user":"a"}},"limits":)" + limits + "}");
  };
  for (int i = 0; i < 3; ++i) Take("a");
  const std::string live = explain(200, "\"live\"");
  EXPECT_TRUE(Has(live, "\"spent\": 3") && Has(live, "\"kind\": \"limited\"")) << live;
  EXPECT_TRUE(Has(live, "\"retry_after_ms\": ")) << live;
  EXPECT_FALSE(Take("a"));
  MustAsk(200, "POST", std::string(kLimits) + "/reset", R"({"element":"n","key":["a"]})");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(Has(explain(200, "\"live\""), "\"kind\": \"response\"")) << "nothing is taken";
  }
  const std::string given = explain(200, R"([{"element":"budget","spent":5.5}])");
  EXPECT_TRUE(Has(given, "\"element\": \"budget\"") && Has(given, "\"kind\": \"limited\""))
      << given;
  EXPECT_TRUE(Has(explain(400, "\"now\""), R"("path":["body","limits"])"));
  EXPECT_TRUE(Has(explain(400, R"([{"element":"x"}])"), "row 1"));
  EXPECT_TRUE(Has(explain(200, "null"), "\"assumed\": \"ok\""));
}

}  // namespace
}  // namespace junctor::engine
