// A push against a server of the test's own: what it calls, and what a failure stops.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/cli/client/route_commands.h"
#include "tests/unit/engine/cli/client/fake_admin.h"

namespace junctor::engine {
namespace {

constexpr const char* kBase = "/client/v4/accounts/default/ai-gateway/gateways/default/routes";

std::string Elements(int timeout) {
  return R"([{"id":"s","type":"start","outputs":{"next":{"elementId":"m"}}},)"
         R"({"id":"m","type":"model","properties":{"provider":"p","model":"a","timeout":)" +
         std::to_string(timeout) +
         R"(},"outputs":{"success":{"elementId":"e"}}},{"id":"e","type":"end"}])";
}

FakeAnswer Result(const std::string& result) {
  return {200, R"({"success":true,"errors":[],"messages":[],"result":)" + result + "}"};
}

FakeAnswer Refusal(int status, const std::string& error) {
  return {status, R"({"success":false,"result":null,"messages":[],"errors":[)" + error + "]}"};
}

class PushTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/push.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    server_.Say([this](const httplib::Request& request) { return Answer(request); });
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, int timeout) const {
    std::ofstream(folder_ + "/" + name + ".json")
        << R"({"name":")" << name << R"(","elements":)" << Elements(timeout) << "}";
  }

  // A gateway with the routes `b`, live in version 3 with a timeout of 1000, and `old`.
  FakeAnswer Answer(const httplib::Request& request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    const std::string call = request.method + " " + path.substr(std::string(kBase).size());
    const auto special = answers_.find(call);
    if (special != answers_.end()) return special->second;
    const bool first_page = request.get_param_value("page") == "1";
    if (call == "GET " && first_page) {
      return {200,
              R"({"success":true,"data":{"routes":[)"
              R"({"id":"id-b","name":"b","version":{"version_id":"v3","number":3},"elements":)" +
                  Elements(1000) + R"(},{"id":"id-old","name":"old"}]}})"};
    }
    if (call == "GET /id-b/versions" && first_page) {
      return {
          200,
          R"({"success":true,"data":{"versions":[{"version_id":"v3","number":3,"active":"true"}]}})"};
    }
    if (request.method == "GET") return {200, R"({"success":true,"data":{}})"};
    if (call == "POST /validate") return Result(R"({"valid":true,"diagnostics":[]})");
    if (call == "POST /id-b/versions") return Result(R"({"version_id":"v4"})");
    return Result("{}");
  }

  int Push(PushOptions options, const std::string& answer = "") {
    options.files = {folder_};
    std::istringstream in(answer);
    out_.str("");
    err_.str("");
    const Console console{.in = in, .out = out_, .err = err_, .interactive = !answer.empty()};
    ClientOptions client;
    client.url = server_.url();
    const EnvironmentLookup variables = [](const std::string& name) -> std::optional<std::string> {
      if (name == "JUNCTOR_TOKEN") return "jct_x";
      return std::nullopt;
    };
    absl::StatusOr<ClientSession> session = ClientSession::Open(client, variables, console);
    if (!session.ok()) return -1;
    return RunRoutesPush(*session, options);
  }

  // What was asked for that is no look.
  std::vector<std::string> Changes() {
    std::vector<std::string> changes;
    for (const std::string& one : server_.asked()) {
      if (one.starts_with("GET ") || one.ends_with("/validate")) continue;
      std::string call = one;
      call.erase(call.find(kBase), std::string(kBase).size());
      changes.push_back(call);
    }
    return changes;
  }

  std::string folder_;
  std::map<std::string, FakeAnswer> answers_;
  std::ostringstream out_;
  std::ostringstream err_;
  FakeAdmin server_;  // last: it stops before what it answers from goes
};

TEST_F(PushTest, ANewRouteIsMadeAndAChangedOneGetsAVersionThatIsDeployed) {
  Write("a", 1000);
  Write("b", 2000);
  EXPECT_EQ(Push({}), kExitOk) << err_.str();
  EXPECT_EQ(Changes(),
            (std::vector<std::string>{"POST ", "POST /id-b/versions", "POST /id-b/deployments"}));
  EXPECT_EQ(server_.last().body, R"({"version_id":"v4"})");
}

TEST_F(PushTest, NothingIsChangedWhereNothingDiffersOrNothingIsToBeDone) {
  Write("b", 1000);
  EXPECT_EQ(Push({}), kExitOk);
  Write("b", 2000);
  EXPECT_EQ(Push({.dry_run = true}), kExitOk);
  EXPECT_TRUE(Changes().empty());
}

TEST_F(PushTest, ARouteThatFailsDoesNotStopTheOthersAndTheStatusTells) {
  Write("a", 1000);
  Write("b", 2000);
  answers_["POST "] = Refusal(409, R"({"code":1003,"message":"`a` is taken"})");
  EXPECT_EQ(Push({}), kExitFailure);
  EXPECT_EQ(Changes().size(), 3U);
  EXPECT_NE(err_.str().find("`a` is taken"), std::string::npos) << err_.str();
  EXPECT_NE(err_.str().find("1 of 2 routes could not be pushed"), std::string::npos) << err_.str();
}

TEST_F(PushTest, AVersionThatCannotBeDeployedIsAFailure) {
  Write("b", 2000);
  answers_["POST /id-b/deployments"] = Refusal(503, R"({"code":1007,"message":"away"})");
  EXPECT_EQ(Push({}), kExitFailure);
  EXPECT_NE(err_.str().find("route `b` could not be pushed"), std::string::npos) << err_.str();
}

TEST_F(PushTest, WhatTheServersCompilerRefusesChangesNothing) {
  Write("a", 1000);
  Write("b", 2000);
  answers_["POST /validate"] = Result(
      R"({"valid":false,"diagnostics":[{"code":"JR0304","severity":"error","message":"no such thing",)"
      R"("line":1,"column":3,"fix":null}]})");
  EXPECT_EQ(Push({}), kExitFailure);
  EXPECT_TRUE(Changes().empty());
  EXPECT_NE(err_.str().find("a.json:1:26"), std::string::npos) << err_.str();
}

TEST_F(PushTest, AServerWithoutValidationIsPushedToAllTheSame) {
  Write("a", 1000);
  answers_["POST /validate"] = Refusal(404, R"({"code":1004,"message":"no route `validate`"})");
  EXPECT_EQ(Push({}), kExitOk) << err_.str();
  EXPECT_EQ(Changes(), (std::vector<std::string>{"POST "}));
}

TEST_F(PushTest, APersonIsAskedBeforeRoutesAreDeleted) {
  Write("b", 1000);
  EXPECT_EQ(Push({.delete_others = true}, "n\n"), kExitFailure);
  EXPECT_TRUE(Changes().empty());
  EXPECT_NE(err_.str().find("Delete 1 route?"), std::string::npos) << err_.str();
  EXPECT_EQ(Push({.delete_others = true}, "y\n"), kExitOk);
  EXPECT_EQ(Push({.delete_others = true, .yes = true}, "n\n"), kExitOk);
  EXPECT_EQ(Changes(), (std::vector<std::string>{"DELETE /id-old", "DELETE /id-old"}));
}

TEST_F(PushTest, TwoFilesOfOneNameAreAnError) {
  Write("a", 1000);
  std::filesystem::copy_file(folder_ + "/a.json", folder_ + "/other.json");
  EXPECT_EQ(Push({}), kExitFailure);
  EXPECT_NE(err_.str().find("already defined by"), std::string::npos) << err_.str();
  EXPECT_TRUE(server_.asked().empty());
}

}  // namespace
}  // namespace junctor::engine
