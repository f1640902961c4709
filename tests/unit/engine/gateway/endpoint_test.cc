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
      {"/v1/chat/completions", EndpointKind::kChatCompletions, "", "default"},
      {"/v1/acc/gw/compat/chat/completions", EndpointKind::kChatCompletions, "acc", "gw"},
      {"/v1/acc/gw/compat/v1/chat/completions", EndpointKind::kChatCompletions, "acc", "gw"},
      {"/v1/models", EndpointKind::kModels, "", "default"},
      {"/v1/acc/gw/compat/models", EndpointKind::kModels, "acc", "gw"},
      {"/health", EndpointKind::kHealth, "", "default"},
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
       {"/", "/v1", "/v1/", "/v1//", "/v2/chat/completions", "/v1/chat", "/v1/a/b",
        "/v1/a/b/compat", "/v1/a/b/compat/", "/v1//b/compat/models", "/v1/a//compat/models",
        "/v1/a/b/other/models", "*", ""}) {
    EXPECT_EQ(static_cast<int>(ParseEndpoint(path).kind), static_cast<int>(EndpointKind::kUnknown))
        << path;
  }
}

}  // namespace
}  // namespace junctor::engine
