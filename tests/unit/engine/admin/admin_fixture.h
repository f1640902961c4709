// The admin API over a control plane of its own, without sockets.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/admin/admin_dispatcher.h"
#include "engine/admin/admin_request.h"
#include "tests/unit/engine/control/control_fixture.h"

namespace junctor::engine {

class AdminTest : public ControlTest {
 protected:
  AdminTest();

  // Asks with the first admin token. `path` is below /client/v4/accounts/acc.
  AdminAnswer Ask(std::string_view method, std::string_view path, std::string body = "") const {
    return AskAs(token_, method, path, std::move(body));
  }
  AdminAnswer AskAs(std::string_view token, std::string_view method, std::string_view path,
                    std::string body = "") const;

  // The same, and fails the test where the status is another one.
  std::string MustAsk(int status, std::string_view method, std::string_view path,
                      std::string body = "") const;

  // Makes a gateway that has the required fields, and `more`.
  void MakeGateway(const std::string& id, const std::string& more = "") const;
  // Makes a token, as its JSON says, and gives its text.
  std::string MakeToken(const std::string& json) const;

  TestInstance& instance() const { return *instance_; }
  const std::string& token() const { return token_; }

 private:
  std::unique_ptr<TestInstance> instance_;
  std::string token_;
  std::unique_ptr<AdminDispatcher> dispatcher_;
};

// The body of a new gateway.
std::string GatewayBody(const std::string& id, const std::string& more = "");

// The text between the quotes of the first member `name` of `json`; empty: there is none.
std::string TextOf(const std::string& json, const std::string& name);

}  // namespace junctor::engine
