#include <gtest/gtest.h>

#include <string>

#include "engine/control/route_loader.h"
#include "engine/control/route_operations.h"
#include "runtime/program/program_file.h"
#include "tests/unit/engine/control/route_fixture.h"

namespace junctor::engine {
namespace {

class RouteLoading : public RouteControl {};
JUNCTOR_ROUTES_ON_EVERY_ENGINE(RouteLoading);

// The stored bytecode of a version.
VersionRow Stored(ControlStore& store, const std::string& route, const std::string& version) {
  VersionRow row;
  EXPECT_TRUE(store
                  .Read([&](ControlTransaction& transaction) {
                    const auto found = transaction.FindVersion(route, version);
                    EXPECT_TRUE(found.ok() && found->has_value());
                    row = **found;
                    return absl::OkStatus();
                  })
                  .ok());
  return row;
}

TEST_P(RouteLoading, ARestartKeepsWhatServes) {
  Create("a", ElementsCalling("x"));
  const RouteVersion second = Save("a", ElementsCalling("y"));
  const RouteVersion third = Save("a", ElementsCalling("z"));
  Deploy("a", second.version.id);
  Deploy("a", {third.version.id, DeploymentKind::kGradual, 250'000, "metadata.user"});
  Create("b", ElementsCalling("w"));
  Restart();
  EXPECT_EQ(ModelOf("a"), "y");
  EXPECT_EQ(Entry("a")->version, 2u);
  const auto entry = Entry("a");
  ASSERT_NE(DeploymentOf(*entry).gradual, nullptr);
  EXPECT_EQ(ModelOf(*DeploymentOf(*entry).gradual), "z");
  EXPECT_EQ(DeploymentOf(*entry).gradual_millionths, 250'000u);
  EXPECT_EQ(DeploymentOf(*entry).gradual_key, "metadata.user");
  EXPECT_EQ(ModelOf("b"), "w");
  EXPECT_EQ(instance_->registry.Snapshot()->size(), 2u);
  EXPECT_TRUE(control().Troubles().empty());
}

TEST_P(RouteLoading, BytecodeOfAnotherJunctorIsCompiledAgainAndKept) {
  const RouteView view = Create("a", ElementsCalling("x"));
  Restart([&](ControlTransaction& transaction) {
    return transaction.ReplaceProgram(view.version.id, "of another format", kProgramFormat - 1);
  });
  EXPECT_EQ(ModelOf("a"), "x");
  const VersionRow stored = Stored(store(), view.route.id, view.version.id);
  EXPECT_EQ(stored.program_format, kProgramFormat);
  EXPECT_TRUE(DecodeProgram(stored.program).ok());
  EXPECT_NE(instance_->LogText().find("route_recompiled"), std::string::npos);
}

TEST_P(RouteLoading, DamagedBytecodeIsCompiledAgain) {
  const RouteView view = Create("a", ElementsCalling("x"));
  std::string damaged = Stored(store(), view.route.id, view.version.id).program;
  ASSERT_FALSE(damaged.empty());
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  Restart([&](ControlTransaction& transaction) {
    return transaction.ReplaceProgram(view.version.id, damaged, kProgramFormat);
  });
  EXPECT_EQ(ModelOf("a"), "x");
  EXPECT_TRUE(control().Troubles().empty());
}

// Makes a version that an older junctor accepted and this one does not.
absl::Status InsertOutdated(ControlTransaction& transaction, const RouteView& view,
                            const std::string& id, int64_t number) {
  VersionRow version = view.version;
  version.id = id;
  version.number = number;
  version.elements = BrokenElements();
  version.program = "of another format";
  version.program_format = kProgramFormat - 1;
  return transaction.InsertVersion(version);
}

TEST_P(RouteLoading, AVersionThatDoesNotCompileAnyMoreLeavesTheEarlierOneServingLoudly) {
  const RouteView view = Create("a", ElementsCalling("x"));
  Create("b", ElementsCalling("w"));
  Restart([&](ControlTransaction& transaction) {
    absl::Status status = InsertOutdated(transaction, view, "outdated", 2);
    if (status.ok()) status = transaction.EndDeployment(view.deployment.id, 5);
    RouteRow route = view.route;
    route.live_version_id = "outdated";
    if (status.ok()) status = transaction.UpdateRoute(route);
    DeploymentRow deployment = view.deployment;
    deployment.id = "d2";
    deployment.version_id = "outdated";
    if (status.ok()) status = transaction.InsertDeployment(deployment);
    return status;
  });
  EXPECT_EQ(ModelOf("a"), "x");
  EXPECT_EQ(Entry("a")->version, 1u);
  EXPECT_EQ(DeploymentOf(*Entry("a")).live_version_id, view.version.id);
  EXPECT_EQ(ModelOf("b"), "w") << "others are not concerned";
  const auto troubles = control().Troubles();
  ASSERT_EQ(troubles.size(), 1u);
  EXPECT_NE(troubles[0].find("route `a` of gateway `g`: its live version 2"), std::string::npos);
  EXPECT_NE(instance_->LogText().find("route_version_unusable"), std::string::npos);
  EXPECT_NE(instance_->LogText().find("route_earlier_version_serves"), std::string::npos);

  // A new version mends it.
  Deploy("a", Save("a", ElementsCalling("y")).version.id);
  EXPECT_EQ(ModelOf("a"), "y");
  EXPECT_TRUE(control().Troubles().empty());
}

TEST_P(RouteLoading, AVersionThatDoesNotCompileAnyMoreCanNotBeDeployed) {
  const RouteView view = Create("a", ElementsCalling("x"));
  ChangeStore([&](ControlTransaction& transaction) {
    return InsertOutdated(transaction, view, "outdated", 2);
  });
  const auto made = CreateDeployment(control(), actor_, "g", "a", LiveOrder("outdated"));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.errors().status, 400);
  EXPECT_GE(made.errors().errors.size(), 2u);
  EXPECT_EQ(ModelOf("a"), "x");
  EXPECT_EQ(GetRoute(control(), "g", "a")->version.id, view.version.id);
  const auto versions = ListVersions(control(), "g", "a", {});
  ASSERT_TRUE(versions.ok());
  EXPECT_FALSE(versions->rows[0].is_valid);
  EXPECT_TRUE(versions->rows[1].is_valid);
}

TEST_P(RouteLoading, WhatAnotherProcessCannotServeLeavesWhatServesServing) {
  const RouteView view = Create("a", ElementsCalling("x"));
  // As a newer junctor beside this one would do it.
  ChangeStore([&](ControlTransaction& transaction) {
    absl::Status status = InsertOutdated(transaction, view, "newer", 2);
    RouteRow route = view.route;
    route.live_version_id = "newer";
    if (status.ok()) status = transaction.UpdateRoute(route);
    if (status.ok()) status = transaction.NoteChange(ChangeKind::kRoute, route.id);
    return status;
  });
  Create("b", ElementsCalling("w"));  // what follows is put live with it
  EXPECT_EQ(ModelOf("b"), "w");
  EXPECT_EQ(ModelOf("a"), "x");
  EXPECT_EQ(Entry("a")->version, 1u);
  EXPECT_EQ(control().Troubles().size(), 1u);
}

TEST_P(RouteLoading, AProgramIsTakenFromWhatServesWhereItDoes) {
  Create("a", ElementsCalling("x"));
  const RouteVersion second = Save("a", ElementsCalling("y"));
  Deploy("a", {second.version.id, DeploymentKind::kGradual, 10'000, ""});
  const auto before = Entry("a");
  Deploy("a", second.version.id);
  EXPECT_EQ(Entry("a")->program, DeploymentOf(*before).gradual) << "the same object";
}

TEST_P(RouteLoading, AnotherInstanceServesWhatThisOneDeploys) {
  const auto other = StartAnother();
  ASSERT_TRUE(other->started.ok()) << other->started.status();
  const RouteView view = Create("a", ElementsCalling("x"));
  EXPECT_TRUE(Eventually([&] { return ModelOf(*other, "a") == "x"; }));
  Deploy("a", Save("a", ElementsCalling("y")).version.id);
  EXPECT_TRUE(Eventually([&] { return ModelOf(*other, "a") == "y"; }));
  ASSERT_TRUE(RenameRoute(control(), actor_, "g", "a", "b").ok());
  EXPECT_TRUE(
      Eventually([&] { return ModelOf(*other, "b") == "y" && ModelOf(*other, "a").empty(); }));
  ASSERT_TRUE(DeleteRoute(control(), actor_, "g", "b").ok());
  EXPECT_TRUE(Eventually([&] { return ModelOf(*other, "b").empty(); }));
}

TEST_P(RouteLoading, ANameThatAFileHasHereAndAnotherInstanceStoresIsReported) {
  files_.Add("both", R"({"name":"both","elements":)" + ElementsCalling("filed") + "}");
  EXPECT_TRUE(control().Troubles().empty());
  {
    // It does not have the file.
    const auto other = StartAnother();
    ASSERT_TRUE(
        CreateRoute(*other->control, actor_, "g", "both", {ElementsCalling("stored"), ""}).ok());
  }
  ASSERT_TRUE(Eventually([this] { return ModelOf("both") == "stored"; }));
  ASSERT_TRUE(Eventually([this] { return control().Troubles().size() == 1; }));
  EXPECT_NE(
      control().Troubles().front().find("route `both` is stored in gateway `g` and comes from"),
      std::string::npos)
      << control().Troubles().front();
  EXPECT_NE(instance_->LogText().find("route_name_of_file"), std::string::npos);
  ASSERT_TRUE(DeleteRoute(control(), actor_, "g", "both").ok());
  EXPECT_TRUE(control().Troubles().empty());
}

TEST_P(RouteLoading, ADeadlineIsPartOfAVersion) {
  const auto created =
      CreateRoute(control(), actor_, "g", "hurried", {ElementsCalling("a"), "", "3e4"});
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(Entry("hurried")->program->parts().deadline_ms, 30'000U);
  const auto saved = CreateVersion(control(), actor_, "g", "hurried", {ElementsCalling("a"), ""});
  ASSERT_TRUE(saved.ok());
  EXPECT_NE(saved->version.source_hash, created->view.version.source_hash);
  Deploy("hurried", saved->version.id);
  EXPECT_EQ(Entry("hurried")->program->parts().deadline_ms, 0U);
  Deploy("hurried", created->view.version.id);
  ASSERT_TRUE(RenameRoute(control(), actor_, "g", "hurried", "renamed").ok());
  EXPECT_EQ(Entry("renamed")->program->parts().deadline_ms, 30'000U) << "compiled anew";
  Restart([&created](ControlTransaction& transaction) {
    return transaction.ReplaceProgram(created->view.version.id, "of another junctor", 1);
  });
  EXPECT_EQ(Entry("renamed")->program->parts().deadline_ms, 30'000U);
  EXPECT_EQ(CreateVersion(control(), actor_, "g", "renamed", {ElementsCalling("a"), "", "true"})
                .errors()
                .status,
            400);
}

TEST_P(RouteLoading, RoutesGoWithTheirGateway) {
  Create("a", ElementsCalling("x"));
  EXPECT_EQ(control().GatewayWithRoute("a"), "g");
  const auto deleted = control().Change([](ControlTransaction& transaction) {
    absl::Status status = transaction.DeleteGateway("g");
    if (status.ok()) status = transaction.NoteChange(ChangeKind::kGateway, "g");
    EXPECT_TRUE(status.ok()) << status;
    return ControlResult<std::monostate>(std::monostate());
  });
  ASSERT_TRUE(deleted.ok());
  EXPECT_FALSE(Entry("a").has_value());
  EXPECT_EQ(control().GatewayWithRoute("a"), "");
}

}  // namespace
}  // namespace junctor::engine
