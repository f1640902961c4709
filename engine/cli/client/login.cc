// junctor login, junctor logout.
#include <filesystem>
#include <system_error>

#include "engine/admin/url_text.h"
#include "engine/cli/client/client_commands.h"
#include "engine/cli/client/command_input.h"
#include "engine/cli/client/login_file.h"
#include "engine/config/base_url.h"

namespace junctor::engine {
namespace {

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

int RunLogin(const LoginOptions& options, const EnvironmentLookup& environment,
             const Console& console) {
  const auto fail = [&](const absl::Status& status) {
    PrintError(console, std::string(status.message()));
    return int{kExitFailure};
  };
  Login login{options.url, options.account, options.gateway, options.ca_file, Secret()};
  if (!login.ca_file.empty()) {
    std::error_code error;  // Later commands may run in another folder.
    const std::filesystem::path absolute = std::filesystem::absolute(login.ca_file, error);
    if (!error) login.ca_file = absolute.string();
  }
  while (login.url.ends_with('/')) login.url.pop_back();
  const absl::StatusOr<BaseUrl> url = ParseBaseUrl(login.url);
  if (!url.ok()) return fail(url.status());
  const absl::StatusOr<std::string> path = LoginFilePath(environment);
  if (!path.ok()) return fail(path.status());
  absl::StatusOr<Secret> token =
      ReadSecretInput("token", "", options.token_on_input, environment, console);
  if (!token.ok()) return fail(token.status());
  login.token = *std::move(token);
  absl::StatusOr<AdminClient> api =
      AdminClient::Create({login.url, login.account, login.token, login.ca_file});
  if (!api.ok()) return fail(api.status());

  const std::string tried =
      login.gateway.empty() ? "/gateways" : "/gateways/" + EncodePercent(login.gateway);
  const ControlResult<AdminReply> reply = api->Get(tried, {{"per_page", "1"}});
  // 403: the token is known, and may do other things than this.
  if (!reply.ok() && reply.errors().status != 403) {
    for (const ControlError& error : reply.errors().errors) PrintError(console, ErrorLine(error));
    if (reply.errors().status == 401) PrintError(console, login.url + " does not know this token");
    return kExitFailure;
  }
  const absl::Status written = WriteLogin(*path, login);
  if (!written.ok()) return fail(written);
  console.out << "logged in to " << login.url << "; the token is in " << *path << '\n';
  if (!reply.ok()) console.err << "note: this token may not read the gateway's configuration\n";
  if (!url->tls && !IsLoopback(url->host)) {
    console.err << "warning: the token goes to " << login.url << " unencrypted; use https\n";
  }
  return kExitOk;
}

int RunLogout(const EnvironmentLookup& environment, const Console& console) {
  const absl::StatusOr<std::string> path = LoginFilePath(environment);
  const absl::StatusOr<bool> removed =
      path.ok() ? RemoveLogin(*path) : absl::StatusOr<bool>(path.status());
  if (!removed.ok()) {
    PrintError(console, std::string(removed.status().message()));
    return kExitFailure;
  }
  console.out << (*removed ? "logged out: " + *path + " is gone" : "there was no login") << '\n';
  return kExitOk;
}

}  // namespace junctor::engine
