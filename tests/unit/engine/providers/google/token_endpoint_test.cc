// Which URLs tokens may be asked for at.
#include "engine/providers/google/token_endpoint.h"

#include <gtest/gtest.h>

#include <vector>

namespace junctor::engine {
namespace {

TEST(TokenEndpoint, OnlyGooglesOwnAndListedOriginsAreTaken) {
  const std::vector<std::string> listed = {"token.example.com", "other.example.com:8443",
                                           "http://127.0.0.1:9000"};
  for (const char* uri : {"https://oauth2.googleapis.com/token", "https://token.example.com/token",
                          "https://token.example.com:443/v1/token", "https://TOKEN.example.com/t",
                          "https://other.example.com:8443/t", "http://127.0.0.1:9000/token"}) {
    EXPECT_TRUE(ReadTokenUri(uri, listed).ok()) << uri;
  }
  for (const char* uri :
       {"", "token.example.com/token", "http://oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com/token?x=1", "https://oauth2.googleapis.com/token/",
        "https://oauth2.googleapis.com:444/token",
        "https://oauth2.googleapis.com.evil.example/token",
        "https://evil.example@oauth2.googleapis.com/token",
        "https://evil.example/https://oauth2.googleapis.com/token",
        "http://token.example.com/token", "https://token.example.com:8443/token",
        "https://token.example.com/token#x", "https://token.example.com/a b",
        "https://token.example.com/\r\nx", "https://other.example.com/t",
        "http://127.0.0.1:9001/token", "https://token.example.com:0/t",
        "https://token.example.com:99999/t", "ftp://token.example.com/t"}) {
    EXPECT_EQ(ReadTokenUri(uri, listed).status().code(), absl::StatusCode::kInvalidArgument) << uri;
  }
}

TEST(TokenEndpoint, HoldsWhatARequestNeeds) {
  const std::vector<std::string> listed = {"http://127.0.0.1:9000/"};
  const absl::StatusOr<TokenEndpoint> endpoint =
      ReadTokenUri("http://127.0.0.1:9000/token", listed);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  EXPECT_EQ(endpoint->upstream, (net::Upstream{"127.0.0.1", 9000, false}));
  EXPECT_EQ(endpoint->authority, "127.0.0.1:9000");
  EXPECT_EQ(endpoint->path, "/token");
}

}  // namespace
}  // namespace junctor::engine
