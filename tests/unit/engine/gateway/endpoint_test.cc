// Which paths are endpoints.
#include "engine/gateway/endpoint.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

TEST(Endpoint, KnowsTheShortAndTheLongPaths) {
  struct Case {
    std::string_view path;
    EndpointKind kind;
    std::string_view account;
    std::string_view gateway;
  };
  const Case cases[] = {
      {"/v1/chat/completions", EndpointKind::kCompat, "", "default"},
      {"/v1/acc/gw/compat/chat/completions", EndpointKind::kCompat, "acc", "gw"},
      {"/v1/acc/gw/compat/v1/chat/completions", EndpointKind::kCompat, "acc", "gw"},
      {"/v1/acc/gw/compat/embeddings", EndpointKind::kCompat, "acc", "gw"},
      {"/v1/responses", EndpointKind::kCompat, "", "default"},
      {"/v1/models", EndpointKind::kModels, "", "default"},
      {"/v1/acc/gw/compat/models", EndpointKind::kModels, "acc", "gw"},
      {"/v1/acc/gw", EndpointKind::kUniversal, "acc", "gw"},
      {"/v1/acc/gw/", EndpointKind::kUniversal, "acc", "gw"},
      {"/health", EndpointKind::kHealth, "", "default"},
      {"/health/ready", EndpointKind::kReadiness, "", "default"},
      {"/health/providers", EndpointKind::kProvidersHealth, "", "default"},
  };
  for (const Case& one : cases) {
    const Endpoint endpoint = ParseEndpoint(one.path);
    EXPECT_EQ(static_cast<int>(endpoint.kind), static_cast<int>(one.kind)) << one.path;
    EXPECT_EQ(endpoint.account, one.account) << one.path;
    EXPECT_EQ(endpoint.gateway, one.gateway) << one.path;
  }
}

TEST(Endpoint, KnowsNoOthers) {
  for (const std::string_view path :
       {"/", "/v1", "/v1/", "/v1//", "/v2/chat/completions", "/v1/chat", "/v1/a/b/compat",
        "/v1/a/b/compat/", "/v1//b/compat/models", "/v1/a//compat/models", "/v1/a/b//x", "/v1//b",
        "/v1/a//", "/health/x", "*", ""}) {
    EXPECT_EQ(static_cast<int>(ParseEndpoint(path).kind), static_cast<int>(EndpointKind::kUnknown))
        << path;
  }
}

TEST(Endpoint, TakesANativePathApart) {
  struct Case {
    std::string_view path;
    std::string_view provider;
    std::string_view rest;
  };
  const Case cases[] = {
      {"/v1/a/b/openai/chat/completions", "openai", "/chat/completions"},
      {"/v1/a/b/openai", "openai", ""},
      {"/v1/a/b/openai/", "openai", "/"},
      {"/v1/a/b/fal//x", "fal", "//x"},
  };
  for (const Case& one : cases) {
    const Endpoint endpoint = ParseEndpoint(one.path);
    EXPECT_EQ(static_cast<int>(endpoint.kind), static_cast<int>(EndpointKind::kNative)) << one.path;
    EXPECT_EQ(endpoint.provider, one.provider) << one.path;
    EXPECT_EQ(endpoint.rest, one.rest) << one.path;
    EXPECT_EQ(endpoint.method, "") << "any method";
  }
}

TEST(Endpoint, ToldWhichOfOpenAisEndpointsItIs) {
  EXPECT_EQ(ParseEndpoint("/v1/a/b/compat/chat/completions").operation, Operation::kChat);
  EXPECT_EQ(ParseEndpoint("/v1/a/b/compat/embeddings").operation, Operation::kEmbeddings);
  EXPECT_EQ(ParseEndpoint("/v1/a/b/compat/v1/responses").operation, Operation::kResponses);
}

}  // namespace
}  // namespace junctor::engine
