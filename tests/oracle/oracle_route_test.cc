// The judge of routes against rules R12–R28 in small: one route, several worlds.
#include <gtest/gtest.h>

#include <map>
#include <set>

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
  std::set<std::pair<std::string, uint32_t>> breaks;

  uint32_t Draw(const std::string&) override { return draw; }
  uint32_t StickyDraw(const std::string&, const std::string&) override { return draw; }
  LimitReply Limit(const std::string&) override { return {admitted, 7}; }
  CallReply Call(const std::string& element, uint32_t) override { return replies[element]; }
  bool Breaks(const std::string& element, uint32_t attempt) override {
    return breaks.contains({element, attempt});
  }
};

// draft → review, each with a policy of its own; the draft's fallback is the spare.
constexpr const char* kStreams = R"({
  "name": "r",
  "elements": [
    {"id": "s", "type": "start", "outputs": {"next": {"elementId": "draft"}}},
    {"id": "draft", "type": "model",
     "properties": {"provider": "x", "model": "m", "retries": 1, "onStreamFailure": "continue"},
     "outputs": {"success": {"elementId": "review"}, "fallback": {"elementId": "spare"}}},
    {"id": "review", "type": "model", "properties": {"provider": "x", "model": "m"},
     "outputs": {"success": {"elementId": "e"}, "fallback": {"elementId": "e"}}},
    {"id": "spare", "type": "model", "properties": {"provider": "y", "model": "m"},
     "outputs": {"success": {"elementId": "e"}}},
    {"id": "e", "type": "end"}
  ]})";

std::vector<std::string> RunStreams(ScriptedWorld world) {
  rapidjson::Document route;
  EXPECT_TRUE(ParseJson(kStreams, false, &route));
  return RunRoute(route, RequestDocument(RequestText()).json(), &world).steps;
}

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

TEST(OracleRoute, OnlyTheAnswerThatIsSentBreaks) {
  ScriptedWorld world;
  world.breaks = {{"draft", 0}, {"review", 0}};
  EXPECT_EQ(RunStreams(world), (Steps{"call draft ordinal=0 attempt=0",
                                      "call review ordinal=1 attempt=0", "finish response 1"}))
      << "the review's policy is `error`";
}

TEST(OracleRoute, ABrokenAnswerIsContinuedByARetryAndThenByTheFallback) {
  ScriptedWorld world;
  world.replies["review"].error = "reset";
  world.breaks = {{"draft", 0}};
  EXPECT_EQ(RunStreams(world),
            (Steps{"call draft ordinal=0 attempt=0", "call review ordinal=1 attempt=0", "break 0",
                   "call draft ordinal=0 attempt=1", "finish response 0"}));
  world.breaks = {{"draft", 0}, {"draft", 1}};
  EXPECT_EQ(RunStreams(world),
            (Steps{"call draft ordinal=0 attempt=0", "call review ordinal=1 attempt=0", "break 0",
                   "call draft ordinal=0 attempt=1", "break 0", "call spare ordinal=1 attempt=0",
                   "finish response 1"}));
  world.replies["spare"].error = "auth";
  EXPECT_EQ(RunStreams(world).back(), "finish failure 1 auth");
}

}  // namespace
}  // namespace junctor::oracle
