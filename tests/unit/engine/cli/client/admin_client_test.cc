// The client against a server of the test's own: errors, pages, second attempts.
#include "engine/cli/client/admin_client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/engine/cli/client/fake_admin.h"

namespace junctor::engine {
namespace {

class AdminClientTest : public testing::Test {
 protected:
  AdminClient Client(const std::string& path = "", const std::string& account = "acme") {
    return *AdminClient::Create({server_.url() + path, account, Secret("jct_x"), ""},
                                [this](std::chrono::milliseconds wait) { waits_.push_back(wait); });
  }

  FakeAdmin server_;
  std::vector<std::chrono::milliseconds> waits_;
};

TEST_F(AdminClientTest, CallsCarryTheTokenAndTheAccount) {
  AdminClient client = Client("", "a/b");
  ASSERT_TRUE(client.Post("/gateways", R"({"id":"x"})").ok());
  const httplib::Request request = server_.last();
  EXPECT_EQ(request.target, "/client/v4/accounts/a%2Fb/ai-gateway/gateways");
  EXPECT_EQ(request.get_header_value("authorization"), "Bearer jct_x");
  EXPECT_EQ(request.get_header_value("content-type"), "application/json");
  EXPECT_EQ(request.body, R"({"id":"x"})");
  ASSERT_TRUE(client.Get("/gateways", {{"search", "a b&c"}}).ok());
  EXPECT_EQ(server_.last().target,
            "/client/v4/accounts/a%2Fb/ai-gateway/gateways?search=a%20b%26c");
}

TEST_F(AdminClientTest, TheBasePathIsNotAddedTwice) {
  ASSERT_TRUE(Client("/client/v4").Get("/gateways").ok());
  ASSERT_TRUE(Client("/behind/proxy").Get("/gateways").ok());
  EXPECT_EQ(server_.asked(), (std::vector<std::string>{
                                 "GET /client/v4/accounts/acme/ai-gateway/gateways",
                                 "GET /behind/proxy/client/v4/accounts/acme/ai-gateway/gateways"}));
}

TEST_F(AdminClientTest, EveryErrorIsKeptWithAllThatItSays) {
  server_.Say(std::vector<FakeAnswer>{
      {400,
       R"({"success":false,"result":null,"messages":[{"code":1005,"message":"JR0501: w"}],)"
       R"("errors":[{"code":1005,"message":"JR0304: unknown key","path":["body","elements",2],)"
       R"("diagnostic":"JR0304","line":12,"column":7,"fix":"write `timeout`"},)"
       R"({"code":1002,"message":"name is empty","path":["body","name"]}]})",
       {}}});
  const ControlResult<AdminReply> reply = Client().Post("/gateways/g/routes", "{}");
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.errors().status, 400);
  const std::vector<ControlError>& errors = reply.errors().errors;
  ASSERT_EQ(errors.size(), 3U);
  EXPECT_EQ(errors[0].code, 1005);
  EXPECT_EQ(errors[0].message, "JR0304: unknown key");
  EXPECT_EQ(errors[0].path, (std::vector<std::string>{"body", "elements", "2"}));
  EXPECT_EQ(errors[0].diagnostic, "JR0304");
  EXPECT_EQ(errors[0].line, 12U);
  EXPECT_EQ(errors[0].column, 7U);
  EXPECT_EQ(errors[0].fix, "write `timeout`");
  EXPECT_EQ(errors[1].message, "name is empty");
  EXPECT_TRUE(errors[2].is_warning);
}

TEST_F(AdminClientTest, WarningsOfASuccessAreKept) {
  server_.Say(std::vector<FakeAnswer>{
      {200,
       R"({"success":true,"errors":[],"messages":[{"code":1005,"message":"w","line":3}],)"
       R"("result":{"id":"r"}})",
       {}}});
  const ControlResult<AdminReply> reply = Client().Get("/x");
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->result()["id"].text(), "r");
  ASSERT_EQ(reply->warnings.size(), 1U);
  EXPECT_EQ(reply->warnings[0].line, 3U);
}

TEST_F(AdminClientTest, AnswersThatAreNoEnvelopeAreErrorsThatSaySo) {
  server_.Say(std::vector<FakeAnswer>{
      {200, "<html>", {}}, {502, "", {}}, {200, "[]", {}}, {404, "{}", {}}});
  AdminClient client = Client();
  for (const int status : {200, 502, 200, 404}) {
    const ControlResult<AdminReply> reply = client.Get("/x");
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(reply.errors().status, status);
    EXPECT_NE(reply.errors().errors[0].message.find(server_.url()), std::string::npos);
  }
}

TEST_F(AdminClientTest, ListsAreReadUntilAPageIsEmpty) {
  const auto page = [](const std::string& entries) {
    return FakeAnswer{200, R"({"success":true,"result":)" + entries + "}", {}};
  };
  server_.Say(
      std::vector<FakeAnswer>{page(R"([{"id":1},{"id":2}])"), page(R"([{"id":3}])"), page("[]")});
  const ControlResult<std::vector<Json>> all = Client().List("/gateways");
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->size(), 3U);
  EXPECT_EQ(server_.asked().size(), 3U);
  EXPECT_TRUE(server_.last().target.ends_with("?page=3&per_page=50")) << server_.last().target;
}

TEST_F(AdminClientTest, ListsBesideTheResultAreFoundAndLimitsKept) {
  server_.Say(std::vector<FakeAnswer>{
      {200, R"({"success":true,"data":{"routes":[{"id":"a"},{"id":"b"}]}})", {}}});
  const ControlResult<std::vector<Json>> some = Client().List("/routes", "routes", {}, 3);
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some->size(), 3U);
  EXPECT_EQ(server_.asked().size(), 2U);
}

const FakeAnswer kBusy{
    503, R"({"success":false,"errors":[{"code":1007,"message":"away"}]})", {{"retry-after", "1"}}};

TEST_F(AdminClientTest, ABusyServerIsAskedAgainAfterAsLongAsItSays) {
  server_.Say(std::vector<FakeAnswer>{kBusy, {429, "{}", {{"retry-after-ms", "70"}}}, {}});
  EXPECT_TRUE(Client().Get("/x").ok());
  EXPECT_EQ(waits_, (std::vector<std::chrono::milliseconds>{std::chrono::seconds(1),
                                                            std::chrono::milliseconds(70)}));
}

TEST_F(AdminClientTest, AttemptsEnd) {
  server_.Say(std::vector<FakeAnswer>{kBusy});
  const ControlResult<AdminReply> reply = Client().Delete("/x");
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.errors().status, 503);
  EXPECT_EQ(reply.errors().errors[0].message, "away");
  EXPECT_EQ(server_.asked().size(), static_cast<size_t>(kMaxCallAttempts));
}

TEST_F(AdminClientTest, WhatIsNotIdempotentIsSentOnceUnlessTheServerAllowsMore) {
  server_.Say(std::vector<FakeAnswer>{kBusy});
  EXPECT_FALSE(Client().Post("/x", "{}").ok());
  EXPECT_FALSE(Client().Patch("/x", "{}").ok());
  EXPECT_EQ(server_.asked().size(), 2U);
  FakeAnswer again = kBusy;
  again.headers.emplace_back("x-should-retry", "true");
  server_.Say(std::vector<FakeAnswer>{again, {}});
  EXPECT_TRUE(Client().Post("/x", "{}").ok());
}

TEST_F(AdminClientTest, AServerThatForbidsAnotherAttemptOrWantsTooLongAWaitIsObeyed) {
  FakeAnswer never = kBusy;
  never.headers.emplace_back("x-should-retry", "false");
  server_.Say(std::vector<FakeAnswer>{never});
  EXPECT_FALSE(Client().Get("/x").ok());
  server_.Say(std::vector<FakeAnswer>{{429, "{}", {{"retry-after", "3600"}}}});
  EXPECT_FALSE(Client().Get("/x").ok());
  EXPECT_EQ(server_.asked().size(), 2U);
  EXPECT_TRUE(waits_.empty());
}

TEST(AdminClientWithoutServerTest, NoConnectionSaysWhatToDoAfterSeveralAttempts) {
  // Bound and not listening: the port is taken, and connections are refused.
  const int nobody = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(nobody, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(nobody, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  int waits = 0;
  AdminClient client = *AdminClient::Create({url, "default", Secret("jct_x"), ""},
                                            [&waits](std::chrono::milliseconds) { ++waits; });
  const ControlResult<AdminReply> reply = client.Post("/x", "{}");
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.errors().status, 0);
  EXPECT_NE(reply.errors().errors[0].message.find("cannot connect to " + url), std::string::npos);
  EXPECT_NE(reply.errors().errors[0].message.find("junctor serve"), std::string::npos);
  EXPECT_EQ(waits, kMaxCallAttempts - 1);
  close(nobody);
}

TEST(AdminClientWithoutServerTest, UnusableTargetsAreRefused) {
  EXPECT_FALSE(AdminClient::Create({"ftp://x", "default", Secret("t"), ""}).ok());
  EXPECT_FALSE(AdminClient::Create({"http://x", "default", Secret("t\r\nx: y"), ""}).ok());
}

}  // namespace
}  // namespace junctor::engine
