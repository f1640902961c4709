// The judge of routes against rules R12–R28 in small: one route, several worlds.
#include <gtest/gtest.h>

#include <map>

#include "tests/oracle/json.h"
#include "tests/oracle/request_document.h"
#include "tests/oracle/route.h"

namespace junctor::oracle {
namespace {

constexpr const char* kRoute = R"({
  "name": "r",
  "elements": [
    {"id": "s", "type": "start", "outputs": {"next": {"elementId": "l"}}},
    {"id": "l", "type": "rate", "properties": {"limitType": "count", "key": "metadata.user", "limit": 1, "window": 60},
     "outputs": {"success": {"elementId": "p"}}},
    {"id": "p", "type": "percentage",
     "outputs": {"33.3%": {"elementId": "a"}, "else": {"elementId": "e"}}},
    {"id": "a", "type": "model", "properties": {"provider": "x", "model": "m", "retries": 1},
     "outputs": {"success": {"elementId": "e"}, "fallback": {"elementId": "b"}}},
    {"id": "b", "type": "model", "properties": {"provider": "y", "model": "m"},
     "outputs": {"success": {"elementId": "e"}}},
    {"id": "e", "type": "end"}
  ]})";

struct ScriptedWorld : World {
  uint32_t draw = 0;
  bool admitted = true;
  std::map<std::string, CallReply> replies;

  uint32_t Draw(const std::string&) override { return draw; }
  uint32_t StickyDraw(const std::string&, const std::string&) override { return draw; }
  LimitReply Limit(const std::string&) override { return {admitted, 7}; }
  CallReply Call(const std::string& element, uint32_t) override { return replies[element]; }
};

std::vector<std::string> RunWith(ScriptedWorld world) {
  rapidjson::Document route;
  EXPECT_TRUE(ParseJson(kRoute, false, &route));
  RequestText request;
  request.metadata = R"({"user":"u"})";
  const Run run = RunRoute(route, RequestDocument(request).json(), &world);
  EXPECT_EQ(run.limit_keys, std::vector<std::string>{R"("u",;)"});
  return run.steps;
}

using Steps = std::vector<std::string>;

TEST(OracleRoute, RefusesWithoutFallback) {
  ScriptedWorld world;
  world.admitted = false;
  EXPECT_EQ(RunWith(world), (Steps{"limit l", "finish limited l 7"}));
}

TEST(OracleRoute, FallsOnTheShareOfTheDraw) {
  ScriptedWorld world;
  world.draw = 332'999;
  EXPECT_EQ(RunWith(world),
            (Steps{"limit l", "draw p", "call a ordinal=0 attempt=0", "finish response 0"}));
  world.draw = 333'000;
  EXPECT_EQ(RunWith(world), (Steps{"limit l", "draw p", "finish no_model_response"}));
}

TEST(OracleRoute, RetriesThenFallsBackThenFails) {
  ScriptedWorld world;
  world.replies["a"].error = "overloaded";
  world.replies["b"].error = "timeout";
  EXPECT_EQ(RunWith(world),
            (Steps{"limit l", "draw p", "call a ordinal=0 attempt=0", "call a ordinal=0 attempt=1",
                   "call b ordinal=1 attempt=0", "finish failure 1 timeout"}));
}

TEST(OracleRoute, LongRetryAfterEndsTheAttempts) {
  ScriptedWorld world;
  world.replies["a"] = {"rate_limit", 5001, false};
  EXPECT_EQ(RunWith(world), (Steps{"limit l", "draw p", "call a ordinal=0 attempt=0",
                                   "call b ordinal=1 attempt=0", "finish response 1"}));
}

TEST(OracleRoute, ContentFilterGoesToTheClient) {
  ScriptedWorld world;
  world.replies["a"].error = "content_filter";
  EXPECT_EQ(RunWith(world), (Steps{"limit l", "draw p", "call a ordinal=0 attempt=0",
                                   "finish failure 0 content_filter"}));
}

}  // namespace
}  // namespace junctor::oracle
