// What every command that calls the admin API works with: which server, as whom, and where results
// go.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/cli/client/admin_client.h"
#include "engine/cli/client/json.h"
#include "engine/cli/console.h"
#include "engine/config/config.h"

namespace junctor::engine {

// Options of every client command. Empty: the environment's, the login's, or the default.
struct ClientOptions {
  std::string url;
  std::string token_env;  // name of the variable that holds the token
  std::string account;
  std::string gateway;
  std::string ca_file;
  bool json = false;  // results as the API gives them
};

// Where an option counts before JUNCTOR_URL and JUNCTOR_TOKEN, which count before the login.
struct ClientSettings {
  AdminTarget target;
  std::string gateway;
};

// InvalidArgument or NotFound says which option, variable or file is wrong or lacking. The token of
// the login goes to the login's server alone.
absl::StatusOr<ClientSettings> ResolveSettings(const ClientOptions& options,
                                               const EnvironmentLookup& environment);

// For one command.
class ClientSession {
 public:
  static absl::StatusOr<ClientSession> Open(const ClientOptions& options,
                                            const EnvironmentLookup& environment,
                                            const Console& console);

  AdminClient& api() { return api_; }
  const Console& console() const { return *console_; }
  const EnvironmentLookup& environment() const { return environment_; }
  bool json() const { return json_; }
  const std::string& gateway() const { return gateway_; }

  // "/gateways/{gateway}" and `rest`.
  std::string GatewayPath(std::string_view rest = {}) const;
  // "/gateways/{gateway}/routes/{route}" and `rest`.
  std::string RoutePath(std::string_view route, std::string_view rest = {}) const;

  // A result for tools: indented, with a line break.
  void PrintJson(const Json& result) const;
  // The same for a whole list.
  void PrintJson(const std::vector<Json>& list) const;
  // Warnings to the error stream.
  void PrintWarnings(const std::vector<ControlError>& warnings) const;
  // Every error to the error stream, with where and what to do; returns kExitFailure.
  int Fail(const ControlErrors& errors) const;
  int Fail(std::string_view message) const;

  // The end of a command that is one call: its result as JSON where that is asked for, else `what`.
  int Finish(const ControlResult<AdminReply>& reply, const std::string& what) const;
  // One object as JSON, or its fields that are not null as a table.
  int Show(const Json& object) const;

  // Asks on a terminal; without one the answer is yes.
  bool Confirm(const std::string& question) const;

 private:
  ClientSession(AdminClient api, std::string gateway, bool json,
                const EnvironmentLookup& environment, const Console& console);

  AdminClient api_;
  std::string gateway_;
  bool json_;
  EnvironmentLookup environment_;
  const Console* console_;
};

// `error` on one line: "code", message, path, line and column, and what to do about it.
std::string ErrorLine(const ControlError& error);

// What to do about an answer of this status, where something can be said; else empty.
std::string AdviceFor(int status);

}  // namespace junctor::engine
