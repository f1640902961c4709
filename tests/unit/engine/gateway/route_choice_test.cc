// Which version of which route serves a request.
#include "engine/gateway/route_choice.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "compiler/compile.h"

namespace junctor::engine {
namespace {

std::shared_ptr<const Program> SomeProgram() {
  auto result = compiler::Compile("route", R"({"name":"r","elements":[
      {"id":"start","type":"start","outputs":{"next":{"elementId":"gpt"}}},
      {"id":"gpt","type":"model","properties":{"provider":"demo","model":"x"},
       "outputs":{"success":{"elementId":"end"}}},
      {"id":"end","type":"end"}]})",
                                  {});
  EXPECT_TRUE(result.ok());
  return result.program;
}

class FindRouteTest : public ::testing::Test {
 protected:
  FindRouteTest() {
    registry_.Publish("everywhere", SomeProgram());
    registry_.Publish("mine/own", SomeProgram(), std::make_shared<const RouteDeployment>());
    registry_.Publish("other/own", SomeProgram(), std::make_shared<const RouteDeployment>());
    registry_.Publish("other/secret", SomeProgram(), std::make_shared<const RouteDeployment>());
  }

  GatewayScope ScopeOf(const char* id) {
    GatewayScope scope;
    scope.id = id;
    view_.id = id;
    scope.view = &view_;
    return scope;
  }
  std::shared_ptr<const Program> Live(std::string_view name) {
    return registry_.Snapshot()->Find(name)->program;
  }

  Registry registry_;
  GatewayView view_;
};

TEST_F(FindRouteTest, AGatewayServesItsOwnRoutesAndThoseOfFiles) {
  RegistryReader reader(&registry_);
  const GatewayScope mine = ScopeOf("mine");
  EXPECT_EQ(FindRoute(&reader, mine, "own").program, Live("mine/own"));
  EXPECT_NE(FindRoute(&reader, mine, "own").deployment, nullptr);
  EXPECT_EQ(FindRoute(&reader, mine, "everywhere").program, Live("everywhere"));
  EXPECT_EQ(FindRoute(&reader, mine, "everywhere").deployment, nullptr);
  EXPECT_EQ(FindRoute(&reader, mine, "secret").program, nullptr);
}

TEST_F(FindRouteTest, AStoredRouteOfAnotherGatewayCannotBeSpelled) {
  RegistryReader reader(&registry_);
  EXPECT_EQ(FindRoute(&reader, ScopeOf("mine"), "other/secret").program, nullptr);
  EXPECT_EQ(FindRoute(&reader, ScopeOf("mine"), "mine/own").program, nullptr);
}

TEST_F(FindRouteTest, WithoutAControlPlaneOnlyFilesServe) {
  RegistryReader reader(&registry_);
  GatewayScope scope;
  scope.id = "mine";
  EXPECT_EQ(FindRoute(&reader, scope, "own").program, nullptr);
  EXPECT_EQ(FindRoute(&reader, scope, "everywhere").program, Live("everywhere"));
}

TEST_F(FindRouteTest, TheListHasWhatTheGatewayServes) {
  std::set<std::string> names;
  ForEachRoute(*registry_.Snapshot(), ScopeOf("other"),
               [&names](std::string_view name) { names.emplace(name); });
  EXPECT_EQ(names, (std::set<std::string>{"everywhere", "own", "secret"}));
}

RouteDeployment Gradual(uint32_t millionths, std::string key = "headers.x-user") {
  RouteDeployment deployment;
  deployment.route_id = "route";
  deployment.gradual_version_id = "v2";
  deployment.gradual_millionths = millionths;
  deployment.gradual_key = std::move(key);
  return deployment;
}

bool Falls(const RouteDeployment& deployment, const std::string& user, uint64_t draw) {
  const std::optional<Field> key = GradualKey(deployment);
  const HeaderField header{"X-User", user};
  Request request;
  if (!user.empty()) request.headers = {&header, 1};
  return FallsIntoShare(deployment, key.has_value() ? &*key : nullptr, request, draw);
}

TEST(GradualShareTest, ByAKeyTheShareIsStickyAndOfItsSize) {
  constexpr int kUsers = 20'000;
  const RouteDeployment tenth = Gradual(100'000);
  const RouteDeployment fifth = Gradual(200'000);
  int in_tenth = 0;
  int in_fifth = 0;
  for (int i = 0; i < kUsers; ++i) {
    const std::string user = "user-" + std::to_string(i);
    const bool falls = Falls(tenth, user, 0);
    EXPECT_EQ(falls, Falls(tenth, user, ~uint64_t{0})) << "a draw counts beside a key";
    in_tenth += falls;
    const bool falls_later = Falls(fifth, user, 0);
    in_fifth += falls_later;
    EXPECT_TRUE(falls_later || !falls) << "a greater share moved " << user << " out";
  }
  // Five standard deviations of a binomial share.
  EXPECT_NEAR(in_tenth, kUsers / 10, 215);
  EXPECT_NEAR(in_fifth, kUsers / 5, 285);
}

TEST(GradualShareTest, VersionsDrawTheirSharesApart) {
  const RouteDeployment one = Gradual(500'000);
  RouteDeployment other = Gradual(500'000);
  other.gradual_version_id = "v3";
  int differ = 0;
  for (int i = 0; i < 1000; ++i) {
    differ += Falls(one, std::to_string(i), 0) != Falls(other, std::to_string(i), 0);
  }
  EXPECT_NEAR(differ, 500, 80);
}

TEST(GradualShareTest, WithoutAValueEachRequestDraws) {
  constexpr uint64_t kTenth = ~uint64_t{0} / 10;
  for (const RouteDeployment& deployment : {Gradual(100'000), Gradual(100'000, "")}) {
    EXPECT_TRUE(Falls(deployment, "", 0));
    EXPECT_TRUE(Falls(deployment, "", kTenth - (kTenth >> 10)));
    EXPECT_FALSE(Falls(deployment, "", kTenth + (kTenth >> 10)));
    EXPECT_FALSE(Falls(deployment, "", ~uint64_t{0}));
  }
}

}  // namespace
}  // namespace junctor::engine
