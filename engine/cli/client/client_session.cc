// Settings, and errors as people read them.
#include "engine/cli/client/client_session.h"

#include <utility>

#include "absl/strings/str_join.h"
#include "engine/admin/url_text.h"
#include "engine/cli/client/login_file.h"
#include "engine/cli/client/table.h"

namespace junctor::engine {
namespace {

constexpr const char* kDefaultGateway = "default";

// The first of the texts that is not empty.
std::string FirstOf(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) return text;
  }
  return {};
}

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

absl::StatusOr<std::optional<Login>> KnownLogin(const EnvironmentLookup& environment) {
  const absl::StatusOr<std::string> path = LoginFilePath(environment);
  if (!path.ok()) return std::optional<Login>();  // No home, no login.
  return ReadLogin(*path);
}

}  // namespace

absl::StatusOr<ClientSettings> ResolveSettings(const ClientOptions& options,
                                               const EnvironmentLookup& environment) {
  const auto variable = [&](const char* name) { return environment(name).value_or(""); };
  ClientSettings settings;
  AdminTarget& target = settings.target;
  std::string url = WithoutSlash(FirstOf({options.url, variable("JUNCTOR_URL")}));
  std::string token;
  if (!options.token_env.empty()) {
    token = variable(options.token_env.c_str());
    if (token.empty()) {
      return absl::NotFoundError("the variable `" + options.token_env +
                                 "`, which --token-env names, is not set");
    }
  } else {
    token = variable("JUNCTOR_TOKEN");
  }
  std::optional<Login> login;
  if (url.empty() || token.empty()) {
    absl::StatusOr<std::optional<Login>> known = KnownLogin(environment);
    if (!known.ok()) return known.status();
    login = *std::move(known);
  }
  const bool login_fits = login.has_value() && (url.empty() || url == login->url);
  if (token.empty() && !login_fits) {
    if (!login.has_value()) {
      return absl::NotFoundError(
          "there is no token: `junctor login` keeps one, or name a variable that holds it with "
          "--token-env, or set JUNCTOR_TOKEN");
    }
    return absl::NotFoundError("there is no token for " + url + ": the login is for " + login->url +
                               "; name a variable that holds a token with --token-env, set "
                               "JUNCTOR_TOKEN, or `junctor login --url " +
                               url + "`");
  }
  target.url = FirstOf({url, login_fits ? login->url : "", target.url});
  target.account = FirstOf({options.account, login_fits ? login->account : "", target.account});
  target.ca_file = FirstOf({options.ca_file, login_fits ? login->ca_file : ""});
  target.token = token.empty() ? login->token : Secret(token);
  settings.gateway = FirstOf({options.gateway, login_fits ? login->gateway : "", kDefaultGateway});
  return settings;
}

absl::StatusOr<ClientSession> ClientSession::Open(const ClientOptions& options,
                                                  const EnvironmentLookup& environment,
                                                  const Console& console) {
  absl::StatusOr<ClientSettings> settings = ResolveSettings(options, environment);
  if (!settings.ok()) return settings.status();
  absl::StatusOr<AdminClient> api = AdminClient::Create(std::move(settings->target));
  if (!api.ok()) return api.status();
  return ClientSession(*std::move(api), std::move(settings->gateway), options.json, environment,
                       console);
}

ClientSession::ClientSession(AdminClient api, std::string gateway, bool json,
                             const EnvironmentLookup& environment, const Console& console)
    : api_(std::move(api)),
      gateway_(std::move(gateway)),
      json_(json),
      environment_(environment),
      console_(&console) {}

std::string ClientSession::GatewayPath(std::string_view rest) const {
  return "/gateways/" + EncodePercent(gateway_) + std::string(rest);
}

std::string ClientSession::RoutePath(std::string_view route, std::string_view rest) const {
  return GatewayPath("/routes/" + EncodePercent(route) + std::string(rest));
}

void ClientSession::PrintJson(const Json& result) const {
  console_->out << result.Pretty() << '\n';
}

void ClientSession::PrintJson(const std::vector<Json>& list) const {
  Json array = Json::Array();
  for (const Json& one : list) array.Append(one);
  PrintJson(array);
}

void ClientSession::PrintWarnings(const std::vector<ControlError>& warnings) const {
  for (const ControlError& warning : warnings) {
    console_->err << (console_->colour_err ? "\x1b[1;33mwarning\x1b[0m: " : "warning: ")
                  << ErrorLine(warning) << '\n';
  }
}

int ClientSession::Fail(const ControlErrors& errors) const {
  std::vector<ControlError> warnings;
  for (const ControlError& error : errors.errors) {
    if (error.is_warning) {
      warnings.push_back(error);
    } else {
      PrintError(*console_, ErrorLine(error));
    }
  }
  PrintWarnings(warnings);
  if (errors.status != 0) {
    const std::string advice = AdviceFor(errors.status);
    console_->err << "  " << api_.target().url << " answered " << errors.status
                  << (advice.empty() ? "" : ": " + advice) << '\n';
  }
  return kExitFailure;
}

int ClientSession::Fail(std::string_view message) const {
  PrintError(*console_, message);
  return kExitFailure;
}

int ClientSession::Finish(const ControlResult<AdminReply>& reply, const std::string& what) const {
  if (!reply.ok()) return Fail(reply.errors());
  PrintWarnings(reply->warnings);
  if (json_) {
    PrintJson(reply->result());
  } else {
    console_->out << what << '\n';
  }
  return kExitOk;
}

int ClientSession::Show(const Json& object) const {
  if (json_) {
    PrintJson(object);
    return kExitOk;
  }
  Table table({"FIELD", "VALUE"});
  for (const JsonField& field : object.fields()) {
    if (!field.value.is_null()) table.Add({field.key, Cell(field.value)});
  }
  table.Print(*console_, "nothing");
  return kExitOk;
}

bool ClientSession::Confirm(const std::string& question) const {
  if (!console_->interactive) return true;
  console_->err << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(console_->in, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

std::string ErrorLine(const ControlError& error) {
  std::string text = error.message;
  if (!error.path.empty()) text += " (" + absl::StrJoin(error.path, ".") + ")";
  if (error.line != 0) {
    text += " at line " + std::to_string(error.line) + ", column " + std::to_string(error.column);
  }
  if (!error.fix.empty()) text += "; " + error.fix;
  return text;
}

std::string AdviceFor(int status) {
  switch (status) {
    case 401:
      return "the token is wrong, expired or revoked; `junctor login` takes another one";
    case 403:
      return "this token may not do that; `junctor token create` makes one that may";
    case 429:
    case 503:
      return "try again later";
    default:
      return {};
  }
}

}  // namespace junctor::engine
