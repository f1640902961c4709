// Gateways, routes, versions and deployments, in both engines.
#include "engine/store/control_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/engine/store/store_fixture.h"

namespace junctor::engine {
namespace {

using ControlStoreTest = StoreTest;
JUNCTOR_ON_EVERY_ENGINE(ControlStoreTest);

// Every byte that text may have, in characters of one to four bytes.
std::string AllKindsOfText() {
  std::string text;
  for (char c = 1; c < 127; ++c) text += c;
  return text + "äöü ∑ 漢字 🙂 \xEF\xBF\xBD \u200b%_\\'\"?$1";
}

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

template <typename Row>
std::vector<std::string> IdsOf(const std::vector<Row>& rows) {
  std::vector<std::string> ids;
  for (const Row& row : rows) ids.push_back(row.id);
  return ids;
}

using Ids = std::vector<std::string>;

TEST_P(ControlStoreTest, TheEngineSaysItsName) {
  EXPECT_EQ(store().engine(), GetParam());
  EXPECT_EQ(store().Trouble(), "");
}

TEST_P(ControlStoreTest, AGatewayIsGivenBackAsItWasPut) {
  GatewayRow row = GatewayOf("my-gateway");
  row.settings = AllKindsOfText();
  row.is_default = true;
  row.created_ms = 1'700'000'000'123;
  row.modified_ms = std::numeric_limits<int64_t>::max();
  Change([&](ControlTransaction& t) { return t.InsertGateway(row); });
  Read([&](ControlTransaction& t) {
    const auto found = t.FindGateway("my-gateway");
    EXPECT_TRUE(found.ok() && found->has_value());
    EXPECT_EQ((*found)->settings, row.settings);
    EXPECT_TRUE((*found)->is_default);
    EXPECT_EQ((*found)->created_ms, row.created_ms);
    EXPECT_EQ((*found)->modified_ms, row.modified_ms);
    EXPECT_FALSE(t.FindGateway("My-gateway")->has_value()) << "ids are told apart by their bytes";
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, AGatewayIsUpdatedButForItsTimeOfCreation) {
  Change([](ControlTransaction& t) { return t.InsertGateway(GatewayOf("g")); });
  Change([](ControlTransaction& t) {
    return t.UpdateGateway(
        {.id = "g", .settings = "new", .is_default = true, .created_ms = 77, .modified_ms = 9});
  });
  Read([](ControlTransaction& t) {
    const GatewayRow row = **t.FindGateway("g");
    EXPECT_EQ(row.settings, "new");
    EXPECT_TRUE(row.is_default);
    EXPECT_EQ(row.created_ms, 1);
    EXPECT_EQ(row.modified_ms, 9);
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, GatewaysAreListedByIdInPages) {
  Change([](ControlTransaction& t) {
    for (const char* id : {"b", "a", "B", "c-1", "c_2"}) {
      RETURN_IF_ERROR(t.InsertGateway(GatewayOf(id)));
    }
    return absl::OkStatus();
  });
  Read([](ControlTransaction& t) {
    const auto ids = [&](std::string_view search, PageOf page) {
      const auto found = t.ListGateways(search, page);
      EXPECT_TRUE(found.ok()) << found.status();
      Ids all = IdsOf(found->rows);
      all.push_back(std::to_string(found->total));
      return all;
    };
    EXPECT_EQ(ids("", {1, 20}), (Ids{"B", "a", "b", "c-1", "c_2", "5"})) << "by bytes";
    EXPECT_EQ(ids("", {2, 2}), (Ids{"b", "c-1", "5"}));
    EXPECT_EQ(ids("", {4, 2}), (Ids{"5"})) << "past the end";
    EXPECT_EQ(ids("", {std::numeric_limits<int64_t>::max(), 100}), (Ids{"5"}));
    EXPECT_EQ(ids("B", {1, 20}), (Ids{"B", "b", "2"})) << "search takes no notice of case";
    EXPECT_EQ(ids("_", {1, 20}), (Ids{"c_2", "1"})) << "and has no wildcards";
    EXPECT_EQ(ids("%", {1, 20}), (Ids{"0"}));
    EXPECT_EQ(ids("\\", {1, 20}), (Ids{"0"}));
    EXPECT_EQ(IdsOf(*t.AllGateways()), (Ids{"B", "a", "b", "c-1", "c_2"}));
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, ANameThatIsTakenIsSaidByItsName) {
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("h")));
    RETURN_IF_ERROR(t.InsertRoute(RouteOf("r1", "g", "chat")));
    RETURN_IF_ERROR(t.InsertRoute(RouteOf("r2", "g", "mail")));
    return t.InsertRoute(RouteOf("r3", "h", "chat"));
  });
  const absl::Status gateway =
      store().Change([](ControlTransaction& t) { return t.InsertGateway(GatewayOf("g")); });
  EXPECT_TRUE(absl::IsAlreadyExists(gateway)) << gateway;
  EXPECT_EQ(gateway.message(), "there is a gateway `g` already");
  const absl::Status route = store().Change(
      [](ControlTransaction& t) { return t.InsertRoute(RouteOf("r4", "g", "chat")); });
  EXPECT_TRUE(absl::IsAlreadyExists(route)) << route;
  EXPECT_EQ(route.message(), "the gateway `g` has a route called `chat` already");
  const absl::Status renamed = store().Change(
      [](ControlTransaction& t) { return t.UpdateRoute(RouteOf("r2", "g", "chat")); });
  EXPECT_TRUE(absl::IsAlreadyExists(renamed)) << renamed;
  EXPECT_EQ(renamed.message(), "the gateway `g` has a route called `chat` already");
  Read([](ControlTransaction& t) {
    EXPECT_EQ(*t.GatewaysWithRoute("chat"), (Ids{"g", "h"}));
    EXPECT_EQ(*t.GatewaysWithRoute("nothing"), Ids{});
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, WhatIsNotThereIsNotFound) {
  using Work = std::function<absl::Status(ControlTransaction&)>;
  const std::vector<std::pair<std::string, Work>> works = {
      {"gateway `x`", [](auto& t) { return t.UpdateGateway(GatewayOf("x")); }},
      {"gateway `x`", [](auto& t) { return t.DeleteGateway("x"); }},
      {"route `x`", [](auto& t) { return t.UpdateRoute(RouteOf("x", "g", "n")); }},
      {"route `x`", [](auto& t) { return t.DeleteRoute("x"); }},
      {"not there", [](auto& t) { return t.InsertRoute(RouteOf("x", "no gateway", "n")); }},
      {"not there", [](auto& t) { return t.InsertVersion(VersionOf("v", "no route", 1)); }},
      {"version `x`", [](auto& t) { return t.ReplaceProgram("x", "p", 1); }},
      {"not there", [](auto& t) { return t.InsertDeployment(DeploymentOf("d", "no route", "v")); }},
      {"deployment `x`", [](auto& t) { return t.EndDeployment("x", 1); }},
  };
  for (const auto& [what, work] : works) {
    const absl::Status status = store().Change(work);
    EXPECT_TRUE(absl::IsNotFound(status)) << what << ": " << status;
    EXPECT_NE(std::string(status.message()).find(what), std::string::npos) << status;
  }
  Read([](ControlTransaction& t) {
    EXPECT_FALSE(t.FindRoute("g", "x")->has_value());
    EXPECT_FALSE(t.FindVersion("r", "x")->has_value());
    EXPECT_FALSE(t.FindDeployment("r", "x")->has_value());
    EXPECT_FALSE(t.FindServingRoute("x")->has_value());
    EXPECT_EQ(t.ListRoutes("x", {})->total, 0);
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, ARouteIsFoundByIdThenByNameInItsGatewayOnly) {
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("h")));
    RETURN_IF_ERROR(t.InsertRoute(RouteOf("r1", "g", "r2")));
    return t.InsertRoute(RouteOf("r2", "g", "other"));
  });
  Read([](ControlTransaction& t) {
    EXPECT_EQ((*t.FindRoute("g", "r2"))->name, "other") << "an id goes before a name";
    EXPECT_EQ((*t.FindRoute("g", "other"))->id, "r2");
    EXPECT_EQ((*t.FindRoute("g", "r1"))->live_version_id, "r1-v1");
    EXPECT_FALSE(t.FindRoute("h", "r1")->has_value());
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, RoutesAreListedNewestFirst) {
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    int64_t created = 10;
    for (const char* id : {"r1", "r2", "r3"}) {
      RouteRow row = RouteOf(id, "g", id);
      row.created_ms = created++;
      RETURN_IF_ERROR(t.InsertRoute(row));
    }
    return absl::OkStatus();
  });
  Read([](ControlTransaction& t) {
    EXPECT_EQ(IdsOf(t.ListRoutes("g", {1, 2})->rows), (Ids{"r3", "r2"}));
    EXPECT_EQ(IdsOf(t.ListRoutes("g", {2, 2})->rows), (Ids{"r1"}));
    EXPECT_EQ(IdsOf(t.ListRoutes("g", {3, 2})->rows), (Ids{}));
    EXPECT_EQ(t.ListRoutes("g", {3, 2})->total, 3);
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, AVersionKeepsEveryByte) {
  VersionRow version = VersionOf("v", "r", 1);
  version.elements = AllKindsOfText() + std::string(300'000, 'x');
  version.deadline = "3e4";
  version.program = AllBytes();
  Change([&](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    RETURN_IF_ERROR(t.InsertRoute(RouteOf("r", "g", "r")));
    RETURN_IF_ERROR(t.InsertVersion(version));
    VersionRow empty = VersionOf("empty", "r", *t.NextVersionNumber("r"));
    empty.program = "";
    empty.elements = "";
    return t.InsertVersion(empty);
  });
  Read([&](ControlTransaction& t) {
    const VersionRow found = **t.FindVersion("r", "v");
    EXPECT_EQ(found.elements, version.elements);
    EXPECT_EQ(found.deadline, "3e4");
    EXPECT_EQ(found.program, version.program);
    EXPECT_EQ(found.source_hash, "hash");
    EXPECT_EQ(found.comment, "comment of v");
    EXPECT_EQ(found.author, "author");
    EXPECT_EQ(found.program_format, 3);
    EXPECT_EQ(found.created_ms, 1001);
    EXPECT_FALSE(t.FindVersion("other", "v")->has_value());
    const VersionRow empty = **t.FindVersion("r", "empty");
    EXPECT_EQ(empty.number, 2);
    EXPECT_EQ(empty.elements + empty.deadline + empty.program, "");
    EXPECT_EQ(*t.NextVersionNumber("r"), 3);
    EXPECT_EQ(*t.NextVersionNumber("none"), 1);
    const Page<VersionRow> page = *t.ListVersions("r", {});
    EXPECT_EQ(IdsOf(page.rows), (Ids{"empty", "v"}));
    EXPECT_EQ(page.rows[1].program, "") << "lists leave it out";
    EXPECT_EQ(page.rows[1].elements, version.elements);
    EXPECT_EQ(page.total, 2);
    return absl::OkStatus();
  });
  Change([](ControlTransaction& t) { return t.ReplaceProgram("v", "anew", 4); });
  Read([&](ControlTransaction& t) {
    const VersionRow found = **t.FindVersion("r", "v");
    EXPECT_EQ(found.program, "anew");
    EXPECT_EQ(found.program_format, 4);
    EXPECT_EQ(found.elements, version.elements);
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, TextThatIsNoTextIsRefusedAndFindsNothing) {
  Change([](ControlTransaction& t) { return t.InsertGateway(GatewayOf("g")); });
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("\xff"), std::string("\xc3")}) {
    const absl::Status status =
        store().Change([&](ControlTransaction& t) { return t.InsertGateway(GatewayOf(text)); });
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    Read([&](ControlTransaction& t) {
      EXPECT_FALSE(t.FindGateway(text)->has_value());
      const auto page = t.ListGateways(text, {});
      EXPECT_EQ(page->total, 0);
      EXPECT_TRUE(page->rows.empty());
      return absl::OkStatus();
    });
  }
}

TEST_P(ControlStoreTest, TwoVersionsOfARouteNeverHaveOneNumber) {
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    return InsertServing(t, "g", "r");
  });
  const absl::Status status =
      store().Change([](ControlTransaction& t) { return t.InsertVersion(VersionOf("v", "r", 1)); });
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
}

TEST_P(ControlStoreTest, DeploymentsAreListedNewestFirstAndActOneOfAKind) {
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    RETURN_IF_ERROR(InsertServing(t, "g", "r"));
    DeploymentRow gradual = DeploymentOf("gradual", "r", "r-v1", DeploymentKind::kGradual);
    gradual.share_millionths = 50'000;
    gradual.key = "metadata.user_id";
    RETURN_IF_ERROR(t.InsertDeployment(gradual));
    return t.InsertDeployment(DeploymentOf("shadow", "r", "r-v1", DeploymentKind::kShadow));
  });
  const absl::Status second = store().Change(
      [](ControlTransaction& t) { return t.InsertDeployment(DeploymentOf("d2", "r", "r-v1")); });
  EXPECT_TRUE(absl::IsAlreadyExists(second)) << second;
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.EndDeployment("r-d1", 500));
    return t.InsertDeployment(DeploymentOf("d2", "r", "r-v1"));
  });
  Read([](ControlTransaction& t) {
    const auto page = t.ListDeployments("r", {});
    EXPECT_EQ(IdsOf(page->rows), (Ids{"d2", "shadow", "gradual", "r-d1"}));
    EXPECT_EQ(page->total, 4);
    EXPECT_EQ(page->rows[3].ended_ms, 500);
    const DeploymentRow gradual = **t.FindDeployment("r", "gradual");
    EXPECT_EQ(gradual.kind, DeploymentKind::kGradual);
    EXPECT_EQ(gradual.share_millionths, 50'000);
    EXPECT_EQ(gradual.key, "metadata.user_id");
    EXPECT_EQ((*t.FindActingDeployment("r", DeploymentKind::kLive))->id, "d2");
    EXPECT_EQ((*t.FindActingDeployment("r", DeploymentKind::kShadow))->id, "shadow");
    return absl::OkStatus();
  });
  const absl::Status again =
      store().Change([](ControlTransaction& t) { return t.EndDeployment("r-d1", 501); });
  EXPECT_TRUE(absl::IsNotFound(again)) << "it has ended already: " << again;
}

TEST_P(ControlStoreTest, WhatServesARouteIsReadAsAWhole) {
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    RETURN_IF_ERROR(InsertServing(t, "g", "plain"));
    RETURN_IF_ERROR(InsertServing(t, "g", "full"));
    RETURN_IF_ERROR(t.InsertVersion(VersionOf("full-v2", "full", 2)));
    RETURN_IF_ERROR(t.InsertVersion(VersionOf("full-v3", "full", 3)));
    RETURN_IF_ERROR(t.InsertDeployment(
        DeploymentOf("full-gradual", "full", "full-v2", DeploymentKind::kGradual)));
    RETURN_IF_ERROR(t.InsertDeployment(
        DeploymentOf("full-shadow", "full", "full-v3", DeploymentKind::kShadow)));
    // A route whose version is not there serves nothing.
    return t.InsertRoute(RouteOf("bare", "g", "bare"));
  });
  Read([](ControlTransaction& t) {
    const ServingRoute full = **t.FindServingRoute("full");
    EXPECT_EQ(full.route.name, "name of full");
    EXPECT_EQ(full.live.program, "program of full-v1");
    EXPECT_EQ(full.live_deployment->id, "full-d1");
    EXPECT_EQ(full.gradual->id, "full-gradual");
    EXPECT_EQ(full.gradual_version->program, "program of full-v2");
    EXPECT_EQ(full.shadow->id, "full-shadow");
    EXPECT_EQ(full.shadow_version->number, 3);
    const ServingRoute plain = **t.FindServingRoute("plain");
    EXPECT_EQ(plain.live.id, "plain-v1");
    EXPECT_TRUE(plain.live_deployment.has_value());
    EXPECT_FALSE(plain.gradual || plain.gradual_version || plain.shadow || plain.shadow_version);
    EXPECT_FALSE(t.FindServingRoute("bare")->has_value());
    EXPECT_FALSE(t.FindServingRoute("name of full")->has_value()) << "by id alone";
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, EveryServingRouteIsVisitedOnceUntilTheVisitorStops) {
  constexpr int kRoutes = 250;
  Change([&](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    for (int i = 0; i < kRoutes; ++i) {
      RETURN_IF_ERROR(InsertServing(t, "g", "route " + std::to_string(i)));
    }
    return absl::OkStatus();
  });
  Read([&](ControlTransaction& t) {
    std::vector<std::string> seen;
    const absl::Status all = t.ForEachServingRoute([&](ServingRoute serving) {
      EXPECT_EQ(serving.live.route_id, serving.route.id);
      // The visitor may look at other things.
      EXPECT_TRUE(t.FindGateway("g")->has_value());
      seen.push_back(serving.route.id);
      return true;
    });
    EXPECT_TRUE(all.ok()) << all;
    EXPECT_EQ(seen.size(), kRoutes);
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
    int visits = 0;
    EXPECT_TRUE(t.ForEachServingRoute([&](const ServingRoute&) { return ++visits < 3; }).ok());
    EXPECT_EQ(visits, 3);
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, ADeletedRouteTakesItsVersionsAndDeploymentsWithIt) {
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    RETURN_IF_ERROR(InsertServing(t, "g", "r"));
    return InsertServing(t, "g", "stays");
  });
  Change([](ControlTransaction& t) { return t.DeleteRoute("r"); });
  Read([](ControlTransaction& t) {
    EXPECT_FALSE(t.FindRoute("g", "r")->has_value());
    EXPECT_FALSE(t.FindVersion("r", "r-v1")->has_value());
    EXPECT_FALSE(t.FindDeployment("r", "r-d1")->has_value());
    EXPECT_TRUE(t.FindServingRoute("stays")->has_value());
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, ADeletedGatewayTakesAllThatIsInItAndItsSecretsAlone) {
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("h")));
    RETURN_IF_ERROR(InsertServing(t, "g", "r"));
    RETURN_IF_ERROR(InsertServing(t, "h", "stays"));
    RETURN_IF_ERROR(t.PutSecret(SecretOf("s1")));
    RETURN_IF_ERROR(t.PutSecret(SecretOf("s2")));
    RETURN_IF_ERROR(t.InsertProviderConfig(ConfigOf("c1", "g", "default", "s1")));
    return t.InsertProviderConfig(ConfigOf("c2", "h", "default", "s2"));
  });
  Change([](ControlTransaction& t) { return t.DeleteGateway("g"); });
  Read([](ControlTransaction& t) {
    EXPECT_FALSE(t.FindGateway("g")->has_value());
    EXPECT_FALSE(t.FindServingRoute("r")->has_value());
    EXPECT_FALSE(t.FindVersion("r", "r-v1")->has_value());
    EXPECT_FALSE(t.FindSecret("s1")->has_value());
    EXPECT_EQ(IdsOf(*t.AllProviderConfigs()), (Ids{"c2"}));
    EXPECT_TRUE(t.FindSecret("s2")->has_value());
    EXPECT_TRUE(t.FindServingRoute("stays")->has_value());
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, WhatTheWorkRefusesLeavesNothing) {
  const absl::Status status = store().Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    return absl::FailedPreconditionError("no");
  });
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  Read([](ControlTransaction& t) {
    EXPECT_FALSE(t.FindGateway("g")->has_value());
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, AfterAnErrorNothingIsCommittedWhateverTheWorkSays) {
  Change([](ControlTransaction& t) { return t.InsertGateway(GatewayOf("taken")); });
  const absl::Status status = store().Change([](ControlTransaction& t) {
    EXPECT_TRUE(t.InsertGateway(GatewayOf("g")).ok());
    EXPECT_FALSE(t.InsertGateway(GatewayOf("taken")).ok());
    EXPECT_FALSE(t.InsertGateway(GatewayOf("h")).ok());
    return absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  Read([](ControlTransaction& t) {
    EXPECT_EQ(IdsOf(*t.AllGateways()), (Ids{"taken"}));
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, AReadCanChangeNothing) {
  store();
  const absl::Status status =
      store().Read([](ControlTransaction& t) { return t.InsertGateway(GatewayOf("g")); });
  EXPECT_FALSE(status.ok());
  Change([](ControlTransaction& t) { return t.InsertGateway(GatewayOf("g")); });
}

TEST_P(ControlStoreTest, AReadSeesOneState) {
  Change([](ControlTransaction& t) { return t.InsertGateway(GatewayOf("g")); });
  Read([this](ControlTransaction& t) {
    EXPECT_EQ(t.AllGateways()->size(), 1U);
    Change([](ControlTransaction& other) { return other.InsertGateway(GatewayOf("h")); });
    EXPECT_EQ(t.AllGateways()->size(), 1U);
    return absl::OkStatus();
  });
}

TEST_P(ControlStoreTest, WhatIsInTheStoreIsThereWhenItIsOpenedAgain) {
  Change([](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    return InsertServing(t, "g", "r");
  });
  const auto again = Open();
  const absl::Status status = again->Read([](ControlTransaction& t) {
    EXPECT_EQ((*t.FindServingRoute("r"))->live.program, "program of r-v1");
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace junctor::engine
