// junctor limits: list, reset, grant.
#include "engine/admin/url_text.h"
#include "engine/cli/client/client_commands.h"
#include "engine/cli/client/table.h"

namespace junctor::engine {
namespace {

// What stands for the gateway in the place of a route.
constexpr std::string_view kGatewaysOwn = "-";

std::string LimitsPath(const ClientSession& session, const std::string& route,
                       std::string_view rest = {}) {
  const std::string end = "/limits" + std::string(rest);
  return route.empty() || route == kGatewaysOwn ? session.GatewayPath(end)
                                                : session.RoutePath(route, end);
}

// The parts of a key: an array as it is, and anything else as the one part that it is, JSON or else
// text.
Json KeyParts(const std::string& text) {
  absl::StatusOr<Json> value = Json::Parse(text);
  if (value.ok() && value->is(Json::Kind::kArray)) return *std::move(value);
  Json parts = Json::Array();
  parts.Append(value.ok() ? *std::move(value) : Json::String(text));
  return parts;
}

Json BodyOf(const LimitKeyOptions& options) {
  Json body = Json::Object();
  body.Set("element", Json::String(options.element));
  if (options.is_id) {
    body.Set("key_id", Json::String(options.key));
  } else {
    body.Set("key", KeyParts(options.key));
  }
  return body;
}

std::string AmountCell(const Json& row, std::string_view name) {
  return (row["type"].text() == "cost" ? "$" : "") + Cell(row[name]);
}

}  // namespace

int RunLimitsList(ClientSession& session, const LimitsListOptions& options) {
  Query query;
  if (!options.element.empty()) query.emplace_back("element", options.element);
  if (!options.key.empty()) query.emplace_back("key", KeyParts(options.key).Compact());
  const ControlResult<std::vector<Json>> rows =
      session.api().List(LimitsPath(session, options.route), {}, query, options.limit);
  if (!rows.ok()) return session.Fail(rows.errors());
  if (session.json()) {
    session.PrintJson(*rows);
    return kExitOk;
  }
  Table table({"ELEMENT", "KEY", "SPENT", "HELD", "LEFT", "LIMIT", "RESET"});
  for (const Json& row : *rows) {
    table.Add({Cell(row["element"]), row["key"].is_null() ? Cell(row["key_id"]) : Cell(row["key"]),
               AmountCell(row, "spent"), AmountCell(row, "held"), AmountCell(row, "left"),
               AmountCell(row, "limit"), TimeCell(row["reset_at"])});
  }
  table.Print(session.console(), "no limit has counted anything");
  return kExitOk;
}

int RunLimitsReset(ClientSession& session, const LimitKeyOptions& options) {
  return session.Finish(
      session.api().Post(LimitsPath(session, options.route, "/reset"), BodyOf(options).Compact()),
      "reset " + options.element + " for " + options.key);
}

int RunLimitsGrant(ClientSession& session, const LimitKeyOptions& options) {
  Json body = BodyOf(options);
  const absl::StatusOr<Json> amount = Json::Parse(options.amount);
  if (!amount.ok() || !amount->is(Json::Kind::kNumber)) {
    return session.Fail("the amount must be a number of requests or of US dollars, found `" +
                        options.amount + "`");
  }
  body.Set("amount", *amount);
  return session.Finish(
      session.api().Post(LimitsPath(session, options.route, "/grant"), body.Compact()),
      "granted " + options.amount + " of " + options.element + " to " + options.key);
}

}  // namespace junctor::engine
