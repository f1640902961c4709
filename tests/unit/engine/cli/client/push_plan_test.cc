// What a push will do.
#include "engine/cli/client/push_plan.h"

#include <gtest/gtest.h>

#include "engine/cli/client/json.h"
#include "engine/cli/client/route_diff_text.h"

namespace junctor::engine {
namespace {

using Kind = PushAction::Kind;

std::string Elements(const std::string& timeout, bool backup) {
  std::string text =
      R"([{"id":"s","type":"start","outputs":{"next":{"elementId":"m"}}},)"
      R"({"id":"m","type":"model","properties":{"provider":"openai","model":"a","timeout":)" +
      timeout +
      R"(,"retries":0},"outputs":{"success":{"elementId":"e"},"fallback":{"elementId":")" +
      (backup ? "n" : "e") + R"("}}},)";
  if (backup) {
    text +=
        R"({"id":"n","type":"model","properties":{"provider":"openai","model":"b","retries":0},)"
        R"("outputs":{"success":{"elementId":"e"}}},)";
  }
  return text + R"({"id":"e","type":"end"}])";
}

RouteFile File(const std::string& name, const std::string& elements) {
  RouteFile file;
  file.name = name;
  file.elements = elements;
  file.canonical = Json::Parse(elements)->Canonical();
  return file;
}

RemoteVersion Version(int64_t number, const std::string& elements) {
  return {"v" + std::to_string(number), number, elements, Json::Parse(elements)->Canonical()};
}

RemoteRoute Remote(const std::string& name, RemoteVersion live) {
  return {"id-of-" + name, name, std::move(live), std::nullopt};
}

std::vector<std::string> Texts(const std::vector<PushAction>& actions, bool no_deploy = false) {
  std::vector<std::string> texts;
  for (const PushAction& action : actions) texts.push_back(ActionText(action, no_deploy));
  return texts;
}

const std::string kOne = Elements("1000", false);
const std::string kSlower = Elements("2000", false);
const std::string kTwo = Elements("1000", true);

TEST(PushPlanTest, NewChangedAndUnchangedRoutesAreToldApart) {
  const std::vector<RouteFile> files = {File("a", kOne), File("b", kTwo), File("c", kOne)};
  const std::vector<RemoteRoute> remote = {Remote("b", Version(3, kOne)),
                                           Remote("c", Version(7, " " + kOne + "\n")),
                                           Remote("other", Version(1, kOne))};
  EXPECT_EQ(
      Texts(PlanPush(files, remote, {})),
      (std::vector<std::string>{"create a",
                                "new version of b (3 → 4): 1 element added, 1 output rewired, "
                                "worst case calls 1 → 2, longest path 3 → 4, worst wait for "
                                "the first byte 1 s → 61 s",
                                "unchanged c"}));
}

TEST(PushPlanTest, ADeadlineAloneIsAChange) {
  RouteFile file = File("a", kOne);
  file.deadline = "30000";
  file.canonical = *CanonicalVersion(*Json::Parse(kOne), file.deadline);
  RemoteVersion live = Version(3, kOne);
  EXPECT_EQ(Texts(PlanPush({file}, {Remote("a", live)}, {})),
            (std::vector<std::string>{"new version of a (3 → 4): deadline none → 30000 ms"}));
  live.deadline = "3e4";
  live.canonical = *CanonicalVersion(*Json::Parse(kOne), live.deadline);
  EXPECT_EQ(Texts(PlanPush({file}, {Remote("a", live)}, {})),
            (std::vector<std::string>{"unchanged a"}));
}

TEST(PushPlanTest, RoutesThatNoFileHasAreDeletedOnlyWhenAsked) {
  const std::vector<RouteFile> files = {File("a", kOne)};
  std::vector<RemoteRoute> remote = {Remote("a", Version(1, kOne)), Remote("old", {})};
  remote.push_back({"file:local", "local", {}, std::nullopt});
  EXPECT_EQ(Texts(PlanPush(files, remote, {.delete_others = true})),
            (std::vector<std::string>{"unchanged a", "delete old"}));
  EXPECT_EQ(Texts(PlanPush(files, remote, {})), (std::vector<std::string>{"unchanged a"}));
}

TEST(PushPlanTest, AVersionThatIsThereAndDoesNotServeIsDeployedNotMadeAgain) {
  const std::vector<RouteFile> files = {File("a", kSlower)};
  std::vector<RemoteRoute> remote = {Remote("a", Version(3, kOne))};
  remote[0].newest = Version(5, kSlower);
  const std::vector<PushAction> actions = PlanPush(files, remote, {});
  ASSERT_EQ(actions[0].kind, Kind::kDeploy);
  EXPECT_EQ(ActionText(actions[0], false),
            "deploy a (3 → 5): 1 element changed, worst wait for the first byte 1 s → 2 s");
  EXPECT_EQ(PlanPush(files, remote, {.no_deploy = true})[0].kind, Kind::kUnchanged);
}

TEST(PushPlanTest, AnOlderVersionThatIsNotTheNewestIsMadeAnew) {
  const std::vector<RouteFile> files = {File("a", kTwo)};
  std::vector<RemoteRoute> remote = {Remote("a", Version(3, kOne))};
  remote[0].newest = Version(5, kSlower);
  const std::vector<PushAction> actions = PlanPush(files, remote, {.no_deploy = true});
  ASSERT_EQ(actions[0].kind, Kind::kNewVersion);
  EXPECT_TRUE(ActionText(actions[0], true).starts_with("new version of a (3 → 6, not deployed): "));
}

TEST(PushPlanTest, ARouteOfTheGatewaysOwnFilesIsRefusedUnlessItIsTheSame) {
  const std::vector<RouteFile> files = {File("a", kOne), File("b", kOne)};
  const std::vector<RemoteRoute> remote = {{"file:a", "a", Version(0, kOne), std::nullopt},
                                           {"file:b", "b", Version(0, kTwo), std::nullopt}};
  const std::vector<PushAction> actions = PlanPush(files, remote, {});
  EXPECT_EQ(actions[0].kind, Kind::kUnchanged);
  EXPECT_EQ(actions[1].kind, Kind::kRefused);
}

TEST(RouteDiffTextTest, WhatTheServerWritesIsReadBack) {
  RouteDiff diff = DiffRoutes({kOne}, {Elements("2000", true), "9000"});
  diff.bounds_before.reset();  // They are in the summary.
  diff.bounds_after.reset();
  const std::string json = RenderRouteDiffJson(diff, "a", "b");
  EXPECT_EQ(RenderRouteDiffJson(ReadRouteDiff(*Json::Parse(json)), "a", "b"), json);
  EXPECT_TRUE(HasDifferences(diff));
  EXPECT_FALSE(HasDifferences(DiffRoutes({kOne}, {kOne})));
  EXPECT_TRUE(HasDifferences(DiffRoutes({kOne}, {kOne, "9000"})));
}

TEST(RouteDiffTextTest, EachDifferenceIsALine) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  PrintRouteDiff(DiffRoutes({kOne}, {Elements("2000", true)}), Console{in, out, err});
  EXPECT_EQ(out.str(), "+ n (model)\n~ m: timeout 1000 → 2000\n> m: fallback e → n\n" +
                           ShortText(DiffRoutes({kOne}, {Elements("2000", true)})) + "\n");
}

}  // namespace
}  // namespace junctor::engine
