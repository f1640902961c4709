// junctor token: create, list, revoke.
#include <algorithm>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "engine/admin/url_text.h"
#include "engine/cli/client/client_commands.h"
#include "engine/cli/client/command_input.h"
#include "engine/cli/client/table.h"

namespace junctor::engine {
namespace {

absl::StatusOr<Json> ReadPermissions(const std::string& text) {
  Json list = Json::Array();
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(text, ','))) {
    if (word != "read" && word != "edit" && word != "run") {
      return absl::InvalidArgumentError("`" + word +
                                        "` is no permission; expected read, edit or run, with "
                                        "commas between them");
    }
    list.Append(Json::String(word));
  }
  return list;
}

std::string Words(const Json& list) {
  std::string text;
  for (const Json& word : list.items()) text += (text.empty() ? "" : ",") + word.text();
  return text;
}

}  // namespace

int RunTokenCreate(ClientSession& session, const TokenCreateOptions& options) {
  absl::StatusOr<Json> permissions = ReadPermissions(options.permissions);
  if (!permissions.ok()) return session.Fail(std::string(permissions.status().message()));
  Json token = Json::Object();
  const std::string name =
      options.name.empty() ? "junctor token create " + options.permissions : options.name;
  token.Set("name", Json::String(name));
  token.Set("permissions", *std::move(permissions));
  if (!options.gateway.empty()) token.Set("gateway", Json::String(options.gateway));
  if (!options.expires.empty()) {
    const absl::StatusOr<std::string> expires = ReadTime(options.expires, absl::Now(), true);
    if (!expires.ok()) return session.Fail(std::string(expires.status().message()));
    token.Set("expires_at", Json::String(*expires));
  }
  const ControlResult<AdminReply> reply = session.api().Post("/tokens", token.Compact());
  if (!reply.ok()) return session.Fail(reply.errors());
  if (session.json()) {
    session.PrintJson(reply->result());
    return kExitOk;
  }
  // The token alone on the output, so that `TOKEN=$(junctor token create …)` has it.
  session.console().err << "token " << reply->result()["id"].text() << " may "
                        << options.permissions
                        << (options.gateway.empty() ? "" : " on gateway " + options.gateway)
                        << "; it is shown this once:\n"
                        << std::flush;
  session.console().out << reply->result()["token"].text() << '\n';
  return kExitOk;
}

int RunTokenList(ClientSession& session) {
  const ControlResult<std::vector<Json>> tokens = session.api().List("/tokens");
  if (!tokens.ok()) return session.Fail(tokens.errors());
  if (session.json()) {
    session.PrintJson(*tokens);
    return kExitOk;
  }
  Table table({"NAME", "TOKEN", "PERMISSIONS", "GATEWAY", "EXPIRES", "LAST USED", "ID"});
  for (const Json& one : *tokens) {
    const std::string gateway = one["gateway"].text();
    table.Add({Cell(one["name"]), Cell(one["preview"]), Words(one["permissions"]),
               gateway.empty() ? "all" : gateway,
               one["expires_at"].is_null() ? "never" : TimeCell(one["expires_at"]),
               one["last_used_at"].is_null() ? "never" : TimeCell(one["last_used_at"]),
               Cell(one["id"])});
  }
  table.Print(session.console(), "no tokens");
  return kExitOk;
}

int RunTokenRevoke(ClientSession& session, const std::string& name, bool yes) {
  const ControlResult<std::vector<Json>> tokens = session.api().List("/tokens");
  if (!tokens.ok()) return session.Fail(tokens.errors());
  std::vector<const Json*> found;
  for (const Json& one : *tokens) {
    if (one["id"].text() == name || one["name"].text() == name) found.push_back(&one);
  }
  if (found.empty()) {
    return session.Fail("there is no token `" + name + "`; `junctor token list` shows them");
  }
  if (found.size() > 1) {
    return session.Fail(std::to_string(found.size()) + " tokens are called `" + name +
                        "`: name the one by its id (`junctor token list`)");
  }
  if (!yes && !session.Confirm("Revoke the token `" + name + "`?")) {
    return session.Fail("nothing was revoked");
  }
  return session.Finish(
      session.api().Delete("/tokens/" + EncodePercent((*found.front())["id"].text())),
      "revoked token " + name);
}

}  // namespace junctor::engine
