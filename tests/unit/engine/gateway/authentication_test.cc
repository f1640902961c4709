// Which tokens open which gateway, and where they may stand.
#include "engine/gateway/authentication.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace junctor::engine {
namespace {

constexpr int64_t kNow = 1'000'000;

AccessToken Token(std::string_view text, uint8_t permissions, std::string gateway = {},
                  int64_t expires = 0) {
  AccessToken token;
  token.id = text;
  token.hash = HashToken(text);
  token.permissions = permissions;
  token.gateway = std::move(gateway);
  token.expires_unix_ms = expires;
  token.last_use = std::make_shared<std::atomic<int64_t>>(0);
  return token;
}

constexpr auto kRun = static_cast<uint8_t>(Permission::kRun);
constexpr auto kRead = static_cast<uint8_t>(Permission::kRead);
constexpr auto kEdit = static_cast<uint8_t>(Permission::kEdit);

class FindVerdictTest : public ::testing::Test {
 protected:
  FindVerdictTest() {
    directory_.Add(Token("jct_run", kRun));
    directory_.Add(Token("jct_mine", kRun, "mine"));
    directory_.Add(Token("jct_read", kRead | kEdit));
    directory_.Add(Token("jct_old", kRun, {}, kNow));
    directory_.Add(Token("jct_fresh", kRun, {}, kNow + 1));
    credentials_.bearer_token = &bearer_;
    credentials_.admin_token = &admin_;
    credentials_.directory = &directory_;
  }

  TokenVerdict Verdict(std::vector<net::HeaderView> headers, std::string_view gateway = "mine") {
    net::RequestHead head;
    for (const net::HeaderView& header : headers) head.headers.push_back(header);
    return FindVerdict(head, credentials_, gateway, kNow);
  }

  const Secret bearer_{"configured"};
  const Secret admin_{"operator"};
  Directory directory_;
  CredentialScope credentials_;
};

TEST_F(FindVerdictTest, ATokenIsFoundWhereverItMayStand) {
  struct Case {
    const char* what;
    std::vector<net::HeaderView> headers;
    TokenVerdict verdict;
  };
  const Case cases[] = {
      {"nothing is shown", {}, TokenVerdict::kNone},
      {"its own header", {{"cf-aig-authorization", "Bearer jct_run"}}, TokenVerdict::kAllowed},
      {"its own header, without a scheme",
       {{"cf-aig-authorization", "jct_run"}},
       TokenVerdict::kAllowed},
      {"where the OpenAI SDK has its key",
       {{"Authorization", "Bearer jct_run"}},
       TokenVerdict::kAllowed},
      {"Authorization without a scheme", {{"Authorization", "jct_run"}}, TokenVerdict::kNone},
      {"where the Anthropic SDK has its key", {{"x-api-key", "jct_run"}}, TokenVerdict::kAllowed},
      {"where the Google SDK has its key", {{"x-goog-api-key", "jct_run"}}, TokenVerdict::kAllowed},
      {"Azure's", {{"api-key", "jct_run"}}, TokenVerdict::kAllowed},
      {"the gateway's token beside a provider's key",
       {{"Authorization", "Bearer jct_run"}, {"x-api-key", "sk-ant"}},
       TokenVerdict::kAllowed},
      {"the other way round",
       {{"Authorization", "Bearer sk-ant"}, {"x-api-key", "jct_run"}},
       TokenVerdict::kAllowed},
      {"a wrong one in its own header is not made good elsewhere",
       {{"cf-aig-authorization", "Bearer jct_wrong"}, {"Authorization", "Bearer jct_run"}},
       TokenVerdict::kNone},
      {"a provider's key", {{"Authorization", "Bearer sk-123"}}, TokenVerdict::kNone},
      {"the configuration's", {{"Authorization", "Bearer configured"}}, TokenVerdict::kAllowed},
      {"the operator's", {{"cf-aig-authorization", "Bearer operator"}}, TokenVerdict::kAllowed},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(static_cast<int>(Verdict(one.headers)), static_cast<int>(one.verdict)) << one.what;
  }
}

TEST_F(FindVerdictTest, ATokenMustAllowToRunOnThatGatewayNow) {
  struct Case {
    const char* token;
    const char* gateway;
    TokenVerdict verdict;
  };
  const Case cases[] = {
      {"jct_run", "mine", TokenVerdict::kAllowed},
      {"jct_run", "other", TokenVerdict::kAllowed},
      {"jct_mine", "mine", TokenVerdict::kAllowed},
      {"jct_mine", "other", TokenVerdict::kLacking},
      {"jct_mine", "min", TokenVerdict::kLacking},
      {"jct_read", "mine", TokenVerdict::kLacking},
      {"jct_old", "mine", TokenVerdict::kLacking},
      {"jct_fresh", "mine", TokenVerdict::kAllowed},
      {"jct_none", "mine", TokenVerdict::kNone},
      // What belongs to no gateway.
      {"jct_mine", "", TokenVerdict::kAllowed},
      {"jct_read", "", TokenVerdict::kAllowed},
      {"jct_old", "", TokenVerdict::kLacking},
  };
  for (const Case& one : cases) {
    const std::string value = std::string("Bearer ") + one.token;
    EXPECT_EQ(static_cast<int>(Verdict({{"cf-aig-authorization", value}}, one.gateway)),
              static_cast<int>(one.verdict))
        << one.token << " " << one.gateway;
  }
}

TEST_F(FindVerdictTest, ALackingTokenDoesNotHideAGoodOne) {
  EXPECT_EQ(
      static_cast<int>(Verdict({{"Authorization", "Bearer jct_read"}, {"x-api-key", "jct_run"}})),
      static_cast<int>(TokenVerdict::kAllowed));
}

TEST_F(FindVerdictTest, OnlyAUseThatCountsIsNoted) {
  (void)Verdict({{"cf-aig-authorization", "Bearer jct_mine"}}, "other");
  EXPECT_EQ(directory_.FindToken("jct_mine")->last_use->load(), 0);
  (void)Verdict({{"cf-aig-authorization", "Bearer jct_mine"}}, "mine");
  EXPECT_EQ(directory_.FindToken("jct_mine")->last_use->load(), kNow);
  EXPECT_EQ(directory_.FindToken("jct_run")->last_use->load(), 0);
}

TEST(IsAuthenticatedTest, WithoutAControlPlaneTheConfiguredTokenIsAsked) {
  net::RequestHead head;
  EXPECT_TRUE(IsAuthenticated(head, Secret()));
  EXPECT_FALSE(IsAuthenticated(head, Secret("t")));
  head.headers.push_back({"x-goog-api-key", "t"});
  EXPECT_TRUE(IsAuthenticated(head, Secret("t")));
}

}  // namespace
}  // namespace junctor::engine
