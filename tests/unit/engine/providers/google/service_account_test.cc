// Keys of service accounts: what is read, what is refused, and what is signed.
#include "engine/providers/google/service_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "engine/providers/google/vertex_names.h"
#include "tests/unit/engine/providers/google/service_account_testing.h"

namespace junctor::engine {
namespace {

using testing::AccountText;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SharedKey;
using testing::TestKey;

constexpr int64_t kNow = 1'790'000'000;

std::string Complaint(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

std::string FromBase64Url(std::string_view text) {
  std::string bytes;
  EXPECT_TRUE(absl::WebSafeBase64Unescape(absl::string_view(text.data(), text.size()), &bytes));
  return bytes;
}

TEST(ServiceAccount, IsReadFromJson) {
  const absl::StatusOr<ServiceAccount> account = ParseServiceAccount(AccountText{}.Json(), {});
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(account->client_email, "robot@project-1.iam.gserviceaccount.com");
  EXPECT_EQ(account->private_key_id, "key-1");
  EXPECT_EQ(account->project_id, "project-1");
  EXPECT_EQ(account->region, "us-central1");
  EXPECT_EQ(account->token_uri, "https://oauth2.googleapis.com/token");
  EXPECT_EQ(account->token_endpoint.upstream.host, "oauth2.googleapis.com");
  EXPECT_EQ(account->token_endpoint.upstream.port, 443);
  EXPECT_TRUE(account->token_endpoint.upstream.tls);
  EXPECT_EQ(account->token_endpoint.path, "/token");
  EXPECT_EQ(account->private_key.Reveal(), SharedKey().Pem());
}

TEST(ServiceAccount, IsReadFromBase64WithAndWithoutPadding) {
  for (const char* region : {"global", "us-east1", "europe-west4"}) {
    AccountText text;
    text.region = region;
    std::string base64 = text.Base64();
    EXPECT_TRUE(ParseServiceAccount(base64, {}).ok());
    while (base64.back() == '=') base64.pop_back();
    const absl::StatusOr<ServiceAccount> account = ParseServiceAccount(base64, {});
    ASSERT_TRUE(account.ok()) << account.status();
    EXPECT_EQ(account->region, region);
  }
}

TEST(ServiceAccount, HasGooglesTokenUriWhereTheKeyNamesNone) {
  AccountText text;
  text.token_uri.clear();
  const absl::StatusOr<ServiceAccount> account = ParseServiceAccount(text.Json(), {});
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(account->token_uri, kGoogleTokenUri);
}

TEST(ServiceAccount, IsRefusedWithTheMemberThatIsWrong) {
  struct Case {
    const char* what;
    void (*spoil)(AccountText&);
    const char* message;
  };
  const std::vector<Case> cases = {
      {"no e-mail", [](AccountText& t) { t.client_email.clear(); }, "client_email is missing"},
      {"no key", [](AccountText& t) { t.private_key.clear(); }, "private_key is missing"},
      {"a line feed in the e-mail", [](AccountText& t) { t.client_email = "a\nb"; },
       "client_email is no e-mail"},
      {"a space in the key's id", [](AccountText& t) { t.private_key_id = "a b"; },
       "private_key_id is no key's id"},
      {"a slash in the project", [](AccountText& t) { t.project_id = "a/b"; }, "project_id"},
      {"a project that leads upwards", [](AccountText& t) { t.project_id = "a..b"; }, "project_id"},
      {"a host as region", [](AccountText& t) { t.region = "evil.example.com/"; }, "region"},
      {"another kind of credential", [](AccountText& t) { t.type = "authorized_user"; }, "type"},
      {"a foreign token_uri", [](AccountText& t) { t.token_uri = "https://evil.example/token"; },
       "token_uri is \"https://evil.example/token\""},
      {"another path on Google's host",
       [](AccountText& t) { t.token_uri = "https://oauth2.googleapis.com/other"; }, "token_uri"},
  };
  for (const Case& c : cases) {
    AccountText text;
    c.spoil(text);
    const absl::StatusOr<ServiceAccount> account = ParseServiceAccount(text.Json(), {});
    ASSERT_FALSE(account.ok()) << c.what;
    EXPECT_EQ(account.status().code(), absl::StatusCode::kInvalidArgument) << c.what;
    EXPECT_THAT(Complaint(account.status()), HasSubstr(c.message)) << c.what;
    EXPECT_THAT(Complaint(account.status()), Not(HasSubstr("PRIVATE KEY"))) << c.what;
  }
}

TEST(ServiceAccount, IsRefusedWhereTheTextIsNone) {
  const std::string large(3 * kMaxServiceAccountBytes, 'A');
  const std::string large_json = "{" + std::string(kMaxServiceAccountBytes, ' ') + "}";
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"),
                                  std::string("%%%"), std::string("aGVsbG8="), large, large_json}) {
    EXPECT_EQ(ParseServiceAccount(text, {}).status().code(), absl::StatusCode::kInvalidArgument)
        << text.substr(0, 20);
  }
}

TEST(ServiceAccount, WrongTypesCountAsAbsent) {
  const absl::Status status =
      ParseServiceAccount(R"({"client_email":5,"private_key":["x"]})", {}).status();
  EXPECT_THAT(Complaint(status), HasSubstr("client_email is missing"));
}

TEST(VertexNames, RegionsFollowThePattern) {
  for (const char* region : {"us-central1", "europe-west4", "global", "us", "asia-northeast1",
                             "me-central2", "northamerica-northeast12"}) {
    EXPECT_TRUE(IsVertexRegion(region)) << region;
  }
  for (const char* region :
       {"", "US-central1", "us_central1", "us-", "-us", "us--east1", "1us", "us-central1-a",
        "us-1central", "us.central", "us/", "123", "us east", "us-central1\n"}) {
    EXPECT_FALSE(IsVertexRegion(region)) << region;
  }
  EXPECT_FALSE(IsVertexRegion(std::string(65, 'a')));
  EXPECT_EQ(VertexHost("us-central1"), "us-central1-aiplatform.googleapis.com");
  EXPECT_EQ(VertexHost("global"), "aiplatform.googleapis.com");
}

TEST(Assertion, IsAJwtThatThePublicKeyVerifies) {
  const absl::StatusOr<ServiceAccount> account = ParseServiceAccount(AccountText{}.Json(), {});
  ASSERT_TRUE(account.ok());
  const absl::StatusOr<std::string> jwt = MakeAssertion(*account, kCloudPlatformScope, kNow);
  ASSERT_TRUE(jwt.ok()) << jwt.status();
  const size_t first = jwt->find('.');
  const size_t second = jwt->rfind('.');
  ASSERT_NE(first, second);
  EXPECT_EQ(jwt->find_first_of("+/="), std::string::npos);
  EXPECT_EQ(FromBase64Url(jwt->substr(0, first)), R"({"alg":"RS256","typ":"JWT","kid":"key-1"})");
  EXPECT_EQ(FromBase64Url(jwt->substr(first + 1, second - first - 1)),
            R"({"iss":"robot@project-1.iam.gserviceaccount.com",)"
            R"("scope":"https://www.googleapis.com/auth/cloud-platform",)"
            R"("aud":"https://oauth2.googleapis.com/token","iat":1790000000,"exp":1790003600})");
  const std::string signature = FromBase64Url(jwt->substr(second + 1));
  EXPECT_EQ(signature.size(), 256u);
  EXPECT_TRUE(SharedKey().Verifies(jwt->substr(0, second), signature));
  EXPECT_FALSE(SharedKey().Verifies(jwt->substr(0, second - 1), signature));
}

TEST(Assertion, IsTheSameForTheSameArguments) {
  const absl::StatusOr<ServiceAccount> account = ParseServiceAccount(AccountText{}.Json(), {});
  ASSERT_TRUE(account.ok());
  EXPECT_EQ(*MakeAssertion(*account, kCloudPlatformScope, kNow),
            *MakeAssertion(*account, kCloudPlatformScope, kNow));
  EXPECT_NE(*MakeAssertion(*account, kCloudPlatformScope, kNow),
            *MakeAssertion(*account, kCloudPlatformScope, kNow + 1));
}

TEST(Assertion, IsRefusedForKeysThatDoNotSign) {
  AccountText broken;
  broken.private_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  AccountText small;
  small.private_key = TestKey(512).Pem();
  AccountText encrypted;
  encrypted.private_key =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIBAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
  for (const AccountText& text : {broken, small, encrypted}) {
    const absl::StatusOr<ServiceAccount> account = ParseServiceAccount(text.Json(), {});
    ASSERT_TRUE(account.ok()) << account.status();
    const absl::Status status = MakeAssertion(*account, kCloudPlatformScope, kNow).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Complaint(status), HasSubstr("private_key"));
    EXPECT_THAT(Complaint(status), Not(HasSubstr("BEGIN")));
  }
}

TEST(ServiceAccount, IdentityDiffersForAnotherPrivateKeyUnderTheSameNames) {
  AccountText other_text;
  other_text.private_key = "another";
  const absl::StatusOr<ServiceAccount> account = ParseServiceAccount(AccountText{}.Json(), {});
  const absl::StatusOr<ServiceAccount> same = ParseServiceAccount(AccountText{}.Base64(), {});
  const absl::StatusOr<ServiceAccount> other = ParseServiceAccount(other_text.Json(), {});
  ASSERT_TRUE(account.ok() && same.ok() && other.ok());
  EXPECT_EQ(account->Identity(), same->Identity());
  EXPECT_NE(account->Identity(), other->Identity());
  EXPECT_EQ(account->Identity().find("PRIVATE"), std::string::npos);
}

}  // namespace
}  // namespace junctor::engine
