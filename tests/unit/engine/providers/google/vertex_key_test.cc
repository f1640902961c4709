// Credentials for Vertex AI: service account or access token.
#include "engine/providers/google/vertex_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/providers/google/service_account_testing.h"

namespace junctor::engine {
namespace {

using testing::AccountText;

TEST(VertexKey, TellsServiceAccountsInAllTheirForms) {
  const AccountText text;
  for (const std::string& credential :
       {text.Json(), text.Base64(), "Bearer " + text.Base64(), "bearer  " + text.Base64() + " ",
        "Bearer " + text.Json()}) {
    const absl::StatusOr<VertexKey> key = ReadVertexKey(credential, {});
    ASSERT_TRUE(key.ok()) << key.status();
    ASSERT_TRUE(key->account.has_value());
    EXPECT_TRUE(key->access_token.empty());
    EXPECT_EQ(key->account->project_id, "project-1");
    EXPECT_EQ(key->account->region, "us-central1");
  }
}

TEST(VertexKey, TellsAccessTokens) {
  for (const std::string token : {"ya29.a0AfB_byC-x", "some-opaque-token", "aGVsbG8=", "W10="}) {
    for (const std::string& credential : {token, "Bearer " + token}) {
      const absl::StatusOr<VertexKey> key = ReadVertexKey(credential, {});
      ASSERT_TRUE(key.ok()) << key.status();
      EXPECT_FALSE(key->account.has_value());
      EXPECT_EQ(key->access_token.Reveal(), token);
    }
  }
}

TEST(VertexKey, RefusesAServiceAccountThatIsNotRightRatherThanSendItAsAToken) {
  AccountText text;
  text.token_uri = "https://evil.example/token";
  for (const std::string& credential : {text.Json(), "Bearer " + text.Base64()}) {
    const absl::Status status = ReadVertexKey(credential, {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()).find("PRIVATE KEY"), std::string::npos);
  }
}

TEST(VertexKey, RefusesWhatIsNoCredential) {
  for (const char* credential : {"", "  ", "Bearer ", "a\r\nb: c"}) {
    EXPECT_EQ(ReadVertexKey(credential, {}).status().code(), absl::StatusCode::kInvalidArgument)
        << credential;
  }
}

}  // namespace
}  // namespace junctor::engine
