// The API's description against what the server does: the same endpoints both ways, and the fields
// that answers have.
#include "engine/admin/open_api.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "engine/admin/admin_endpoints.h"
#include "engine/control/gateway_settings.h"
#include "tests/unit/engine/admin/admin_fixture.h"

namespace junctor::engine {
namespace {

const rapidjson::Document& Description() {
  static const rapidjson::Document* const document = [] {
    auto* const parsed = new rapidjson::Document();
    const std::string_view text = OpenApiDocument();
    parsed->Parse(text.data(), text.size());
    return parsed;
  }();
  return *document;
}

const rapidjson::Value& Resolve(const rapidjson::Value& value) {
  if (!value.IsObject() || !value.HasMember("$ref")) return value;
  const std::string pointer(value["$ref"].GetString() + 1);  // after `#`
  const rapidjson::Value* const found = rapidjson::Pointer(pointer.c_str()).Get(Description());
  EXPECT_NE(found, nullptr) << pointer;
  return found == nullptr ? value : *found;
}

// The paths whose base is that of the API; the others say what theirs is.
std::set<std::string> DescribedEndpoints() {
  std::set<std::string> described;
  for (const auto& path : Description()["paths"].GetObject()) {
    if (path.value.HasMember("servers")) continue;
    for (const auto& operation : path.value.GetObject()) {
      std::string method = operation.name.GetString();
      std::transform(method.begin(), method.end(), method.begin(),
                     [](char c) { return static_cast<char>(c - 'a' + 'A'); });
      described.insert(method + " " + path.name.GetString());
    }
  }
  return described;
}

// What `schema` says of `value`, as far as types of members go: every member that it requires is
// there, and every member that is there is described.
void ExpectDescribed(const rapidjson::Value& named, const rapidjson::Value& value,
                     const std::string& where) {
  const rapidjson::Value& schema = Resolve(named);
  if (schema.HasMember("allOf") || schema.HasMember("oneOf")) return;
  if (value.IsArray()) {
    if (!schema.HasMember("items")) return;
    for (const rapidjson::Value& entry : value.GetArray()) {
      ExpectDescribed(schema["items"], entry, where + "[]");
    }
    return;
  }
  if (!value.IsObject() || !schema.HasMember("properties")) return;
  if (schema.HasMember("required")) {
    for (const rapidjson::Value& name : schema["required"].GetArray()) {
      EXPECT_TRUE(value.HasMember(name)) << where << "." << name.GetString() << " is not given";
    }
  }
  for (const auto& member : value.GetObject()) {
    const std::string at = where + "." + member.name.GetString();
    ASSERT_TRUE(schema["properties"].HasMember(member.name)) << at << " is not described";
    ExpectDescribed(schema["properties"][member.name], member.value, at);
  }
}

class OpenApiTest : public AdminTest {
 protected:
  // Asks, and holds the answer against what the description says of `pattern`.
  void ExpectDescribedAnswer(const char* method, const std::string& pattern,
                             const std::string& path, const std::string& body = "") {
    std::string lower = method;
    for (char& c : lower) c = static_cast<char>(c - 'A' + 'a');
    rapidjson::Document answer;
    answer.Parse(MustAsk(200, method, path, body).c_str());
    ASSERT_TRUE(answer.IsObject());
    const std::string key = "/accounts/{account_id}" + pattern;
    ASSERT_TRUE(Description()["paths"].HasMember(key.c_str())) << key;
    const rapidjson::Value& operation = Description()["paths"][key.c_str()][lower.c_str()];
    ExpectDescribed(operation["responses"]["200"]["content"]["application/json"]["schema"], answer,
                    std::string(method) + " " + pattern);
  }
};

TEST(OpenApi, IsADocumentOfVersion31) {
  ASSERT_FALSE(Description().HasParseError());
  EXPECT_STREQ(Description()["openapi"].GetString(), "3.1.0");
}

TEST(OpenApi, DescribesEveryEndpointAndNoOther) {
  std::set<std::string> served;
  for (const AdminEndpoint& endpoint : AllAdminEndpoints()) {
    served.insert(std::string(endpoint.method) + " " + std::string(endpoint.pattern));
  }
  EXPECT_EQ(DescribedEndpoints(), served);
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const std::string_view text = OpenApiDocument();
  constexpr std::string_view kMark = "\"$ref\": \"#";
  size_t count = 0;
  for (size_t at = text.find(kMark); at != text.npos; at = text.find(kMark, at + 1), ++count) {
    const size_t from = at + kMark.size();
    const std::string pointer(text.substr(from, text.find('"', from) - from));
    EXPECT_NE(rapidjson::Pointer(pointer.c_str()).Get(Description()), nullptr) << pointer;
  }
  EXPECT_GT(count, 100u);
}

TEST(OpenApi, EveryOperationHasANameOfItsOwnAndDescribesItsPathsPlaceholders) {
  std::set<std::string> names;
  for (const auto& path : Description()["paths"].GetObject()) {
    for (const auto& operation : path.value.GetObject()) {
      if (operation.value.IsArray()) continue;  // `servers`
      EXPECT_TRUE(names.insert(operation.value["operationId"].GetString()).second)
          << path.name.GetString();
      const std::string pattern = path.name.GetString();
      std::set<std::string> described;
      if (operation.value.HasMember("parameters")) {
        for (const rapidjson::Value& parameter : operation.value["parameters"].GetArray()) {
          const rapidjson::Value& resolved = Resolve(parameter);
          if (std::string(resolved["in"].GetString()) == "path") {
            described.insert(resolved["name"].GetString());
          }
        }
      }
      std::set<std::string> placeholders;
      for (size_t at = pattern.find('{'); at != pattern.npos; at = pattern.find('{', at + 1)) {
        placeholders.insert(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
      }
      EXPECT_EQ(described, placeholders) << operation.name.GetString() << " " << pattern;
    }
  }
}

TEST(OpenApi, DescribesEverySettingOfAGateway) {
  const rapidjson::Value& gateway = Description()["components"]["schemas"]["Gateway"];
  for (const SettingField& field : GatewaySettingFields()) {
    const std::string name(field.name);
    EXPECT_TRUE(gateway["properties"].HasMember(name.c_str())) << name;
  }
  EXPECT_EQ(gateway["properties"].MemberCount(), GatewaySettingFields().size() + 4);
}

TEST_F(OpenApiTest, AnswersAreAsDescribed) {
  const std::string gateways = "/ai-gateway/gateways";
  ExpectDescribedAnswer("POST", gateways, gateways,
                        GatewayBody("g", R"("spend_limits":{"rules":[{"limit":1,)"
                                         R"("limitType":"cost","window":60}]})"));
  ExpectDescribedAnswer("GET", gateways, gateways);
  ExpectDescribedAnswer("GET", gateways + "/{gateway_id}", gateways + "/g");
  ExpectDescribedAnswer("PUT", gateways + "/{gateway_id}", gateways + "/g", GatewayBody("g"));
  ExpectDescribedAnswer("GET", gateways + "/{gateway_id}/url/{provider}",
                        gateways + "/g/url/openai");

  const std::string providers = "/ai-gateway/custom-providers";
  ExpectDescribedAnswer("POST", providers, providers,
                        R"({"name":"n","slug":"s","base_url":"https://a.example"})");
  ExpectDescribedAnswer("GET", providers, providers);

  const std::string configs = gateways + "/{gateway_id}/provider_configs";
  const std::string made = MustAsk(
      200, "POST", gateways + "/g/provider_configs",
      R"({"provider_slug":"openai","alias":"a","default_config":true,"secret":"s","rate_limit":1})");
  ExpectDescribedAnswer("GET", configs, gateways + "/g/provider_configs");
  const std::string config = gateways + "/g/provider_configs/" + TextOf(made, "id");
  ExpectDescribedAnswer("GET", configs + "/{config_id}", config);
  ExpectDescribedAnswer("PATCH", configs + "/{config_id}", config, R"({"secret":"t"})");
  ExpectDescribedAnswer("DELETE", configs + "/{config_id}", config);

  const std::string token = TextOf(
      MustAsk(200, "POST", "/ai-gateway/tokens", R"({"name":"n","permissions":["run"]})"), "id");
  ExpectDescribedAnswer("GET", "/ai-gateway/tokens", "/ai-gateway/tokens");
  ExpectDescribedAnswer("GET", "/ai-gateway/tokens/{token_id}", "/ai-gateway/tokens/" + token);
  ExpectDescribedAnswer("DELETE", "/ai-gateway/tokens/{token_id}", "/ai-gateway/tokens/" + token);

  const std::string routes = gateways + "/{gateway_id}/routes";
  ExpectDescribedAnswer(
      "POST", routes, gateways + "/g/routes",
      R"({"name":"r","elements":[{"id":"s","type":"start","outputs":{"next":{"elementId":"m"}}},)"
      R"({"id":"m","type":"model","properties":{"provider":"openai","model":"gpt-4o"},)"
      R"("outputs":{"success":{"elementId":"e"},"fallback":{"elementId":"e"}}},)"
      R"({"id":"e","type":"end","outputs":{}}]})");
  ExpectDescribedAnswer("GET", routes, gateways + "/g/routes");
  ExpectDescribedAnswer("GET", routes + "/{route_id}", gateways + "/g/routes/r");
  ExpectDescribedAnswer("GET", routes + "/{route_id}/versions", gateways + "/g/routes/r/versions");
  ExpectDescribedAnswer("GET", routes + "/{route_id}/deployments",
                        gateways + "/g/routes/r/deployments");

  LimitSpec limit;
  limit.limit = 1;
  limit.window_seconds = 3600;
  for (const char* const route : {"", "r"}) {
    instance().limits.Take("g", route, "rate", "", limit, instance().now_ms * 1'000'000);
  }
  ExpectDescribedAnswer("GET", gateways + "/{gateway_id}/limits", gateways + "/g/limits");
  ExpectDescribedAnswer("POST", gateways + "/{gateway_id}/limits/grant",
                        gateways + "/g/limits/grant", R"({"element":"rate","key":[],"amount":1})");
  ExpectDescribedAnswer("GET", routes + "/{route_id}/limits", gateways + "/g/routes/r/limits");
  ExpectDescribedAnswer("POST", routes + "/{route_id}/limits/reset",
                        gateways + "/g/routes/r/limits/reset", R"({"element":"rate","key":[]})");
  ExpectDescribedAnswer("DELETE", routes + "/{route_id}", gateways + "/g/routes/r");

  ExpectDescribedAnswer("GET", "/ai-gateway/audit_logs", "/ai-gateway/audit_logs?per_page=100");
  ExpectDescribedAnswer("DELETE", gateways + "/{gateway_id}", gateways + "/g");
}

}  // namespace
}  // namespace junctor::engine
