#include "tests/unit/engine/admin/admin_fixture.h"

#include <utility>

#include "engine/admin/admin_endpoints.h"

namespace junctor::engine {

AdminTest::AdminTest() : instance_(Start()) {
  EXPECT_TRUE(instance_->started.ok()) << instance_->started.status();
  token_ = *instance_->started;
  dispatcher_ = std::make_unique<AdminDispatcher>(instance_->control.get(), AllAdminEndpoints());
}

AdminAnswer AdminTest::AskAs(std::string_view token, std::string_view method, std::string_view path,
                             std::string body) const {
  AdminCall call;
  call.method = method;
  call.target = std::string(kAdminBasePath) + "/accounts/acc" + std::string(path);
  if (!token.empty()) call.authorization = "Bearer " + std::string(token);
  call.peer_ip = "192.0.2.1";
  return dispatcher_->Answer(call, std::move(body));
}

std::string AdminTest::MustAsk(int status, std::string_view method, std::string_view path,
                               std::string body) const {
  AdminAnswer answer = Ask(method, path, std::move(body));
  EXPECT_EQ(answer.status, status) << method << " " << path << "\n" << answer.body;
  return std::move(answer.body);
}

void AdminTest::MakeGateway(const std::string& id, const std::string& more) const {
  MustAsk(200, "POST", "/ai-gateway/gateways", GatewayBody(id, more));
}

std::string AdminTest::MakeToken(const std::string& json) const {
  return TextOf(MustAsk(200, "POST", "/ai-gateway/tokens", json), "token");
}

std::string GatewayBody(const std::string& id, const std::string& more) {
  std::string body = "{\"id\":\"" + id + "\",";
  body += R"("cache_invalidate_on_update":true,"cache_ttl":0,"collect_logs":true,)"
          R"("rate_limiting_interval":0,"rate_limiting_limit":0)";
  if (!more.empty()) body += "," + more;
  return body + "}";
}

std::string TextOf(const std::string& json, const std::string& name) {
  const std::string mark = "\"" + name + "\":\"";
  const size_t begin = json.find(mark);
  if (begin == json.npos) return "";
  const size_t from = begin + mark.size();
  return json.substr(from, json.find('"', from) - from);
}

}  // namespace junctor::engine
