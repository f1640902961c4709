#include "engine/admin/admin_dispatcher.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/admin/admin_endpoints.h"
#include "tests/unit/engine/admin/admin_fixture.h"

namespace junctor::engine {
namespace {

class DispatchTest : public AdminTest {};

std::string Header(const AdminAnswer& answer, const std::string& name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST_F(DispatchTest, NobodyWithoutAValidTokenLearnsAnything) {
  for (const char* const path :
       {"/ai-gateway/gateways", "/ai-gateway/nothing", "/ai-gateway/gateways/%zz"}) {
    EXPECT_EQ(AskAs("", "GET", path).status, 401) << path;
    EXPECT_EQ(AskAs("jct_wrong", "GET", path).status, 401) << path;
    EXPECT_EQ(AskAs("", "BREW", path).status, 401) << path;
  }
  const AdminAnswer answer = AskAs("", "GET", "/ai-gateway/gateways");
  EXPECT_NE(answer.body.find("\"code\":1009"), std::string::npos) << answer.body;
  EXPECT_EQ(Header(answer, "www-authenticate"), "Bearer");
}

TEST_F(DispatchTest, ATokenMayStandInTheOlderHeader) {
  AdminDispatcher dispatcher(instance().control.get(), AllAdminEndpoints());
  AdminCall call;
  call.method = "GET";
  call.target = "/client/v4/accounts/acc/ai-gateway/gateways";
  call.auth_key = token();
  EXPECT_EQ(dispatcher.Answer(call, "").status, 200);
  call.auth_key = "wrong";
  EXPECT_EQ(dispatcher.Answer(call, "").status, 401);
  call.auth_key.clear();
  call.authorization = "bearer " + token();
  EXPECT_EQ(dispatcher.Answer(call, "").status, 200) << "the scheme's case does not matter";
  call.authorization = "Basic " + token();
  EXPECT_EQ(dispatcher.Answer(call, "").status, 401);
}

TEST_F(DispatchTest, TheConfiguredTokenAllowsEverything) {
  instance().config.admin->token = Secret("configured");
  EXPECT_EQ(AskAs("configured", "GET", "/ai-gateway/tokens").status, 200);
  EXPECT_EQ(AskAs("configure", "GET", "/ai-gateway/tokens").status, 401);
}

TEST_F(DispatchTest, AnExpiredTokenIsNone) {
  const std::string soon =
      MakeToken(R"({"name":"n","permissions":["read"],"expires_at":"2027-01-15T08:00:01Z"})");
  EXPECT_EQ(AskAs(soon, "GET", "/ai-gateway/gateways").status, 200);
  instance().now_ms = 1'800'000'001'000;
  EXPECT_EQ(AskAs(soon, "GET", "/ai-gateway/gateways").status, 401);
}

TEST_F(DispatchTest, EachPermissionIsForItsOwn) {
  const std::string read = MakeToken(R"({"name":"r","permissions":["read"]})");
  const std::string edit = MakeToken(R"({"name":"e","permissions":["edit"]})");
  const std::string run = MakeToken(R"({"name":"x","permissions":["run"]})");
  EXPECT_EQ(AskAs(read, "GET", "/ai-gateway/gateways").status, 200);
  EXPECT_EQ(AskAs(read, "POST", "/ai-gateway/gateways", "{}").status, 403);
  EXPECT_EQ(AskAs(edit, "GET", "/ai-gateway/gateways").status, 403);
  EXPECT_EQ(AskAs(edit, "POST", "/ai-gateway/gateways", "{}").status, 400);
  EXPECT_EQ(AskAs(run, "GET", "/ai-gateway/gateways").status, 403);
  const AdminAnswer answer = AskAs(read, "POST", "/ai-gateway/gateways", "{}");
  EXPECT_NE(answer.body.find("\"code\":1010"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("lacks the permission `edit`"), std::string::npos) << answer.body;
}

TEST_F(DispatchTest, ATokenGivesNoPermissionThatItDoesNotHave) {
  const std::string edit = MakeToken(R"({"name":"e","permissions":["edit"]})");
  const auto ask = [&](const char* permissions) {
    return AskAs(edit, "POST", "/ai-gateway/tokens",
                 std::string(R"({"name":"n","permissions":)") + permissions + "}");
  };
  EXPECT_EQ(ask(R"(["edit"])").status, 200);
  const AdminAnswer refused = ask(R"(["edit","run"])");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find(R"(["body","permissions"])"), std::string::npos) << refused.body;
}

TEST_F(DispatchTest, ATokenOfAGatewayIsGoodForItAlone) {
  MakeGateway("mine");
  MakeGateway("other");
  const std::string bound =
      MakeToken(R"({"name":"b","permissions":["read","edit"],"gateway":"mine"})");
  EXPECT_EQ(AskAs(bound, "GET", "/ai-gateway/gateways/mine").status, 200);
  EXPECT_EQ(AskAs(bound, "GET", "/ai-gateway/gateways/mine/routes").status, 200);
  EXPECT_EQ(AskAs(bound, "GET", "/ai-gateway/gateways/other").status, 403);
  EXPECT_EQ(AskAs(bound, "GET", "/ai-gateway/gateways/nowhere").status, 403);
  for (const char* const account_level :
       {"/ai-gateway/gateways", "/ai-gateway/tokens", "/ai-gateway/custom-providers",
        "/ai-gateway/audit_logs", "/audit_logs"}) {
    EXPECT_EQ(AskAs(bound, "GET", account_level).status, 403) << account_level;
  }
}

TEST_F(DispatchTest, UnknownPathsAndMethodsAreToldApart) {
  for (const char* const path :
       {"/ai-gateway/nothing", "/ai-gateway/gateways/", "/ai-gateway/gateways//routes",
        "/ai-gateway", "/ai-gateway/gateways/g/url"}) {
    const AdminAnswer answer = Ask("GET", path);
    EXPECT_EQ(answer.status, 404) << path << answer.body;
    EXPECT_NE(answer.body.find("\"code\":1004"), std::string::npos) << answer.body;
  }
  const AdminAnswer answer = Ask("PATCH", "/ai-gateway/gateways");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(Header(answer, "allow"), "POST, GET");
  EXPECT_EQ(Ask("HEAD", "/ai-gateway/gateways").status, 200);
}

TEST_F(DispatchTest, PathsAreDecodedOnceAndMustBeText) {
  EXPECT_EQ(Ask("GET", "/ai-gateway/gateways/%67").status, 404) << "the gateway `g` is not there";
  MakeGateway("g");
  EXPECT_EQ(Ask("GET", "/ai-gateway/gateways/%67").status, 200);
  EXPECT_EQ(Ask("GET", "/ai-gateway/gateways/%2567").status, 404);
  EXPECT_EQ(Ask("GET", "/ai-gateway/gateways/a%2Fb").status, 404);
  EXPECT_EQ(Ask("GET", "/ai-gateway%2Fgateways").status, 404);
  for (const char* const path : {"/ai-gateway/gateways/%zz", "/ai-gateway/gateways/%00",
                                 "/ai-gateway/gateways/%ff", "/ai-gateway/gateways?search=%ff"}) {
    EXPECT_EQ(Ask("GET", path).status, 400) << path;
  }
}

TEST_F(DispatchTest, UsesOfATokenAreNoted) {
  const AccessToken* const found = instance().directory.Get()->FindToken(token());
  ASSERT_NE(found, nullptr);
  found->last_use->store(0);
  Ask("GET", "/ai-gateway/gateways");
  EXPECT_EQ(found->last_use->load(), instance().now_ms.load());
}

TEST(AllAdminEndpoints, AreThereOnceEach) {
  std::set<std::string> seen;
  for (const AdminEndpoint& endpoint : AllAdminEndpoints()) {
    const std::string name = std::string(endpoint.method) + " " + std::string(endpoint.pattern);
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_TRUE(endpoint.pattern.starts_with("/accounts/{account_id}/")) << name;
    EXPECT_NE(endpoint.handler, nullptr) << name;
    EXPECT_EQ(endpoint.permission == Permission::kRead || endpoint.permission == Permission::kEdit,
              true)
        << name;
    if (endpoint.method == "GET") {
      EXPECT_EQ(endpoint.permission, Permission::kRead) << name;
    }
  }
}

}  // namespace
}  // namespace junctor::engine
