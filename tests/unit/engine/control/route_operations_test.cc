#include "engine/control/route_operations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/engine/control/route_fixture.h"

namespace junctor::engine {
namespace {

class RouteOperations : public RouteControl {};
JUNCTOR_ROUTES_ON_EVERY_ENGINE(RouteOperations);

TEST_P(RouteOperations, ACreatedRouteServesItsFirstVersion) {
  const std::string elements = " " + ElementsCalling("gpt-4o") + "\n";
  const auto created = CreateRoute(control(), actor_, "g", "support", {elements, "the first"});
  ASSERT_TRUE(created.ok());
  const RouteView& view = created->view;
  EXPECT_EQ(view.version.number, 1);
  EXPECT_EQ(view.version.author, "ada");
  EXPECT_EQ(view.version.comment, "the first");
  EXPECT_EQ(view.version.elements, elements) << "as sent";
  EXPECT_EQ(view.route.live_version_id, view.version.id);
  EXPECT_EQ(view.deployment.version_id, view.version.id);
  const auto entry = Entry("support");
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->version, 1u);
  EXPECT_EQ(DeploymentOf(*entry).route_id, view.route.id);
  EXPECT_EQ(DeploymentOf(*entry).live_version_id, view.version.id);
  for (const std::string& id : {view.route.id, std::string("support")}) {
    const auto got = GetRoute(control(), "g", id);
    ASSERT_TRUE(got.ok()) << id;
    EXPECT_EQ(got->version.elements, elements);
    EXPECT_EQ(got->deployment.id, view.deployment.id);
    EXPECT_TRUE(got->version.program.empty());
  }
}

TEST_P(RouteOperations, ARouteThatDoesNotCompileIsRefusedWithEveryDiagnostic) {
  const auto created = CreateRoute(control(), actor_, "g", "not a name", {BrokenElements(), ""});
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.errors().status, 400);
  const auto& errors = created.errors().errors;
  EXPECT_GE(errors.size(), 2u) << "the name, and the output that leads nowhere";
  EXPECT_TRUE(std::all_of(errors.begin(), errors.end(),
                          [](const ControlError& error) { return error.code == kCodeDiagnostic; }));
  const auto list = ListRoutes(control(), "g", {});
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->total, 0);
}

TEST_P(RouteOperations, WarningsComeBesideWhatWasMade) {
  std::string elements = ElementsCalling("gpt-4o");
  elements.replace(elements.find("openai"), 6, "opemai");
  const auto created = CreateRoute(control(), actor_, "g", "a", {elements, ""});
  ASSERT_TRUE(created.ok());
  ASSERT_EQ(created->warnings.size(), 1u);
  EXPECT_TRUE(created->warnings[0].is_warning);
}

TEST_P(RouteOperations, ANameIsUniqueInItsGateway) {
  Create("a", ElementsCalling("x"));
  const auto again = CreateRoute(control(), actor_, "g", "a", {ElementsCalling("y"), ""});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.errors().status, 409);
  EXPECT_EQ(again.errors().errors[0].code, kCodeDuplicate);
  EXPECT_EQ(ModelOf("a"), "x");
}

TEST_P(RouteOperations, AGatewayThatIsNotThereIsNotFound) {
  const auto created = CreateRoute(control(), actor_, "other", "a", {ElementsCalling("x"), ""});
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.errors().status, 404);
  EXPECT_EQ(ListRoutes(control(), "other", {}).errors().status, 404);
  EXPECT_EQ(GetRoute(control(), "g", "a").errors().status, 404);
}

TEST_P(RouteOperations, ASavedVersionDoesNotServeUntilItIsDeployed) {
  const RouteView view = Create("a", ElementsCalling("x"));
  const RouteVersion second = Save("a", ElementsCalling("y"));
  EXPECT_EQ(second.version.number, 2);
  EXPECT_EQ(second.version.comment, "why");
  EXPECT_FALSE(second.active);
  EXPECT_EQ(ModelOf("a"), "x");
  const MadeDeployment made = Deploy("a", second.version.id);
  EXPECT_EQ(made.version.number, 2);
  EXPECT_EQ(ModelOf("a"), "y");
  EXPECT_EQ(Entry("a")->version, 2u);
  const auto versions = ListVersions(control(), "g", "a", {});
  ASSERT_TRUE(versions.ok());
  ASSERT_EQ(versions->rows.size(), 2u);
  EXPECT_EQ(versions->rows[0].version.number, 2) << "newest first";
  EXPECT_TRUE(versions->rows[0].active);
  EXPECT_FALSE(versions->rows[1].active);
  EXPECT_EQ(versions->rows[1].version.id, view.version.id);
}

TEST_P(RouteOperations, ARollbackIsADeploymentOfAnEarlierVersion) {
  const RouteView view = Create("a", ElementsCalling("x"));
  Deploy("a", Save("a", ElementsCalling("y")).version.id);
  Deploy("a", view.version.id);
  EXPECT_EQ(ModelOf("a"), "x");
  EXPECT_EQ(Entry("a")->version, 1u);
  const auto deployments = ListDeployments(control(), "g", "a", {});
  ASSERT_TRUE(deployments.ok());
  ASSERT_EQ(deployments->rows.size(), 3u);
  EXPECT_EQ(deployments->rows[0].version_id, view.version.id);
  EXPECT_EQ(deployments->rows[0].ended_ms, 0);
  EXPECT_NE(deployments->rows[1].ended_ms, 0);
  EXPECT_NE(deployments->rows[2].ended_ms, 0);
  EXPECT_EQ(Save("a", ElementsCalling("z")).version.number, 3) << "numbers are never used again";
}

TEST_P(RouteOperations, AVersionOfAnotherRouteCanNotBeDeployed) {
  const RouteView a = Create("a", ElementsCalling("x"));
  Create("b", ElementsCalling("y"));
  const auto made = CreateDeployment(control(), actor_, "g", "b", LiveOrder(a.version.id));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.errors().status, 404);
  EXPECT_EQ(GetVersion(control(), "g", "b", a.version.id).errors().status, 404);
}

TEST_P(RouteOperations, GradualAndShadowDeploymentsStandBesideTheLiveOne) {
  Create("a", ElementsCalling("x"));
  const RouteVersion second = Save("a", ElementsCalling("y"));
  const RouteVersion third = Save("a", ElementsCalling("z"));
  const MadeDeployment gradual =
      Deploy("a", {second.version.id, DeploymentKind::kGradual, 50'000, "metadata.user_id"});
  const MadeDeployment shadow = Deploy("a", {third.version.id, DeploymentKind::kShadow, 0, ""});
  const auto entry = Entry("a");
  EXPECT_EQ(ModelOf(*entry->program), "x");
  EXPECT_EQ(entry->version, 1u);
  const RouteDeployment& deployment = DeploymentOf(*entry);
  ASSERT_NE(deployment.gradual, nullptr);
  EXPECT_EQ(ModelOf(*deployment.gradual), "y");
  EXPECT_EQ(deployment.gradual_version, 2u);
  EXPECT_EQ(deployment.gradual_millionths, 50'000u);
  EXPECT_EQ(deployment.gradual_key, "metadata.user_id");
  EXPECT_EQ(deployment.gradual_deployment_id, gradual.deployment.id);
  ASSERT_NE(deployment.shadow, nullptr);
  EXPECT_EQ(ModelOf(*deployment.shadow), "z");
  EXPECT_EQ(deployment.shadow_version, 3u);
  EXPECT_EQ(deployment.shadow_deployment_id, shadow.deployment.id);

  // A new one of a kind replaces the one that acts.
  const MadeDeployment wider =
      Deploy("a", {second.version.id, DeploymentKind::kGradual, 500'000, ""});
  EXPECT_EQ(DeploymentOf(*Entry("a")).gradual_millionths, 500'000u);
  EXPECT_NE(GetDeployment(control(), "g", "a", gradual.deployment.id)->ended_ms, 0);

  const auto ended = DeleteDeployment(control(), actor_, "g", "a", wider.deployment.id);
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(DeploymentOf(*Entry("a")).gradual, nullptr);
  EXPECT_NE(DeploymentOf(*Entry("a")).shadow, nullptr);
  EXPECT_EQ(DeleteDeployment(control(), actor_, "g", "a", wider.deployment.id).errors().status,
            409);

  // A plain deployment ends what stands beside the live one.
  Deploy("a", third.version.id);
  EXPECT_EQ(ModelOf("a"), "z");
  EXPECT_EQ(DeploymentOf(*Entry("a")).shadow, nullptr);
  EXPECT_NE(GetDeployment(control(), "g", "a", shadow.deployment.id)->ended_ms, 0);
}

TEST_P(RouteOperations, TheLiveDeploymentCanNotBeDeletedNorServeBesideItself) {
  const RouteView view = Create("a", ElementsCalling("x"));
  const auto ended = DeleteDeployment(control(), actor_, "g", "a", view.deployment.id);
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.errors().status, 409);
  const auto beside = CreateDeployment(control(), actor_, "g", "a",
                                       {view.version.id, DeploymentKind::kShadow, 0, ""});
  ASSERT_FALSE(beside.ok());
  EXPECT_EQ(beside.errors().status, 400);
}

TEST_P(RouteOperations, ARenamedRouteServesUnderItsNewNameAlone) {
  const RouteView view = Create("a", ElementsCalling("x"));
  Save("a", ElementsCalling("y"));
  const auto renamed = RenameRoute(control(), actor_, "g", "a", "b");
  ASSERT_TRUE(renamed.ok());
  EXPECT_EQ(renamed->route.id, view.route.id);
  EXPECT_EQ(renamed->route.name, "b");
  EXPECT_EQ(ModelOf("a"), "");
  EXPECT_EQ(ModelOf("b"), "x");
  EXPECT_EQ(Entry("b")->program->route_name(), "b") << "sticky shares depend on the name";
  Create("a", ElementsCalling("other"));
  EXPECT_EQ(ModelOf("a"), "other");
  const auto taken = RenameRoute(control(), actor_, "g", "b", "a");
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.errors().status, 409);
  const auto wrong = RenameRoute(control(), actor_, "g", "b", "no spaces");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.errors().status, 400);
  EXPECT_EQ(ModelOf("b"), "x");
}

TEST_P(RouteOperations, ADeletedRouteIsGoneWithItsVersions) {
  const RouteView view = Create("a", ElementsCalling("x"));
  const auto deleted = DeleteRoute(control(), actor_, "g", view.route.id);
  ASSERT_TRUE(deleted.ok());
  EXPECT_EQ(deleted->version.elements, ElementsCalling("x"));
  EXPECT_FALSE(Entry("a").has_value());
  EXPECT_EQ(GetRoute(control(), "g", view.route.id).errors().status, 404);
  EXPECT_EQ(DeleteRoute(control(), actor_, "g", view.route.id).errors().status, 404);
  Create("a", ElementsCalling("y"));
  EXPECT_EQ(ModelOf("a"), "y");
}

TEST_P(RouteOperations, RoutesOfFilesAreShownAndNotChanged) {
  Create("stored", ElementsCalling("x"));
  files_.Add("filed",
             "{\"name\": \"filed\", /* why */ \"elements\": " + ElementsCalling("f") + "}");
  const auto list = ListRoutes(control(), "g", {});
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->total, 2);
  ASSERT_EQ(list->rows.size(), 2u);
  EXPECT_EQ(list->rows[0].route.name, "stored");
  EXPECT_EQ(list->rows[1].route.id, "file:filed");
  EXPECT_EQ(list->rows[1].file, "/routes/filed.jsonc");
  for (const std::string id : {"filed", "file:filed"}) {
    const auto got = GetRoute(control(), "g", id);
    ASSERT_TRUE(got.ok()) << id;
    EXPECT_EQ(got->version.elements.front(), '[');
    EXPECT_EQ(got->version.elements.find("why"), std::string::npos);
    EXPECT_EQ(ListVersions(control(), "g", id, {})->rows.size(), 1u);
    EXPECT_EQ(ListDeployments(control(), "g", id, {})->rows.size(), 1u);
    const std::vector<ControlErrors> refusals = {
        RenameRoute(control(), actor_, "g", id, "x").errors(),
        DeleteRoute(control(), actor_, "g", id).errors(),
        CreateVersion(control(), actor_, "g", id, {ElementsCalling("y"), ""}).errors(),
        CreateDeployment(control(), actor_, "g", id, LiveOrder("v")).errors(),
        DeleteDeployment(control(), actor_, "g", id, "d").errors(),
    };
    for (const ControlErrors& refusal : refusals) {
      EXPECT_EQ(refusal.status, 409);
      EXPECT_EQ(refusal.errors[0].code, kCodeConflict);
      EXPECT_EQ(refusal.errors[0].message,
                "route `filed` comes from the file `/routes/filed.jsonc`: change the file");
    }
  }
}

TEST_P(RouteOperations, ANameComesFromFilesOrFromTheStoreNeverFromBoth) {
  files_.Add("filed", "{\"name\": \"filed\", \"elements\": " + ElementsCalling("f") + "}");
  const auto created = CreateRoute(control(), actor_, "g", "filed", {ElementsCalling("x"), ""});
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.errors().status, 409);
  EXPECT_NE(created.errors().errors[0].message.find("/routes/filed.jsonc"), std::string::npos);
  Create("a", ElementsCalling("x"));
  EXPECT_EQ(RenameRoute(control(), actor_, "g", "a", "filed").errors().status, 409);
  EXPECT_EQ(control().GatewayWithRoute("a"), "g");
  EXPECT_EQ(control().GatewayWithRoute("filed"), "");
}

TEST_P(RouteOperations, ListsHavePagesThatEnd) {
  for (const char* name : {"a", "b", "c"}) Create(name, ElementsCalling(name));
  files_.Add("f1", "{\"name\": \"f1\", \"elements\": " + ElementsCalling("f") + "}");
  files_.Add("f2", "{\"name\": \"f2\", \"elements\": " + ElementsCalling("f") + "}");
  std::vector<std::string> names;
  for (int64_t page = 1; page <= 4; ++page) {
    const auto list = ListRoutes(control(), "g", {page, 2});
    ASSERT_TRUE(list.ok());
    EXPECT_EQ(list->total, 5);
    EXPECT_EQ(list->rows.size(), page <= 2 ? 2u : page == 3 ? 1u : 0u) << page;
    for (const RouteView& view : list->rows) names.push_back(view.route.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"c", "b", "a", "f1", "f2"}));
}

TEST_P(RouteOperations, EveryChangeIsInTheAuditLog) {
  const RouteView view = Create("a", ElementsCalling("x"));
  const RouteVersion second = Save("a", ElementsCalling("y"));
  Deploy("a", second.version.id);
  ASSERT_TRUE(RenameRoute(control(), actor_, "g", "a", "b").ok());
  ASSERT_TRUE(DeleteRoute(control(), actor_, "g", "b").ok());
  std::vector<std::string> actions;
  ChangeStore([&](ControlTransaction& transaction) {
    AuditFilter filter;
    filter.gateway_id = "g";
    filter.oldest_first = true;
    const auto page = transaction.ListAudit(filter, {1, 100});
    EXPECT_TRUE(page.ok());
    for (const AuditRow& row : page->rows) {
      EXPECT_EQ(row.actor_name, "ada");
      EXPECT_EQ(row.actor_ip, "10.0.0.1");
      actions.push_back(row.action_type + " " + row.resource_type);
    }
    return absl::OkStatus();
  });
  EXPECT_EQ(actions,
            (std::vector<std::string>{"create ai_gateway.route", "create ai_gateway.route_version",
                                      "deploy ai_gateway.route_deployment",
                                      "update ai_gateway.route", "delete ai_gateway.route"}));
}

}  // namespace
}  // namespace junctor::engine
