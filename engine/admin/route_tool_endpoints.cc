#include "engine/admin/route_tool_endpoints.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/graph/export.h"
#include "engine/admin/json_object.h"
#include "engine/admin/request_body.h"
#include "engine/control/route_diff.h"
#include "engine/control/route_operations.h"
#include "engine/control/route_records.h"
#include "engine/control/route_text.h"
#include "engine/explain/assumptions.h"
#include "engine/explain/bounds_json.h"
#include "engine/explain/explainer.h"
#include "engine/explain/recorded_request.h"
#include "engine/limits/limit_backend.h"
#include "engine/limits/limit_row_json.h"
#include "engine/observe/json_text.h"
#include "runtime/limits/window_rule.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {
namespace {

std::string PathJson(const std::vector<std::string>& path) {
  std::string out = "[";
  for (const std::string& step : path) {
    if (out.size() > 1) out += ',';
    AppendJsonString(&out, step);
  }
  return out + "]";
}

std::string DiagnosticsJson(const std::vector<ControlError>& diagnostics) {
  std::string out = "[";
  for (const ControlError& one : diagnostics) {
    if (out.size() > 1) out += ',';
    JsonObject object;
    object.Text("code", one.diagnostic)
        .Text("severity", one.is_warning ? "warning" : "error")
        .Text("message", one.message)
        .Json("path", PathJson(one.path));
    if (one.line > 0) {
      object.Integer("line", static_cast<int64_t>(one.line))
          .Integer("column", static_cast<int64_t>(one.column));
    } else {
      object.Json("line", "null").Json("column", "null");
    }
    out += object.TextOrNull("fix", one.fix).Take();
  }
  return out + "]";
}

// What `explain` is asked, beside the version.
struct ExplainOrder {
  RequestParts parts;
  std::vector<std::string> assumed;  // "ELEMENT=answer,…"
  uint64_t seed = 0;
  int64_t at_ms = 0;
  bool live_limits = false;     // those of this gateway, now
  std::string_view limit_rows;  // JSON array; empty: nothing is known of limits, or live_limits
};

// `{"gpt": "timeout,ok"}` as {"gpt=timeout,ok"}.
void ReadAssumptions(RequestBody* body, std::vector<std::string>* assumed) {
  const std::optional<std::string_view> json = body->Object("assume", Presence::kOptional);
  if (!json.has_value()) return;
  ControlResult<RequestBody> object = RequestBody::Parse(*json);
  if (!object.ok()) {
    body->Refuse("assume", object.errors().errors.front().message);
    return;
  }
  for (const std::string& element : object->Names()) {
    const std::optional<std::string> answers = object->String(element, Presence::kRequired);
    if (!answers.has_value()) {
      body->Refuse("assume",
                   "the answers of `" + element + "` must be a text such as `timeout,ok`");
      continue;
    }
    assumed->push_back(element + "=" + *answers);
  }
}

// `"limits": "live"`, or rows of them.
void ReadLimitsOrder(RequestBody* body, ExplainOrder* order) {
  const std::optional<std::string_view> limits = body->Raw("limits");
  if (!limits.has_value() || body->IsNull("limits")) return;
  if (limits->starts_with('[')) {
    order->limit_rows = *limits;
    return;
  }
  order->live_limits = *limits == "\"live\"";
  if (!order->live_limits) {
    body->Refuse("limits",
                 "`limits` must be `live`, or an array of rows as a list of limits gives");
  }
}

// What `order` says that the limits of a route have counted; nothing where it says nothing.
ControlResult<std::optional<KnownLimits>> KnownLimitsOf(const ControlPlane& control,
                                                        const ExplainOrder& order,
                                                        std::string_view gateway,
                                                        const Program& program) {
  using Result = ControlResult<std::optional<KnownLimits>>;
  if (!order.live_limits && order.limit_rows.empty()) return Result(std::nullopt);
  KnownLimits known;
  known.unix_nanoseconds = order.at_ms * kNanosecondsPerMillisecond;
  known.prices = control.parts().prices;
  known.providers = &control.parts().config->providers;
  const std::shared_ptr<const Directory> directory = control.parts().directory->Get();
  if (const GatewayView* view = directory->FindGateway(gateway); view != nullptr) {
    known.own_table = view->prices;
  }
  if (known.own_table != nullptr) known.prices.table = known.own_table.get();
  if (!order.live_limits) {
    absl::StatusOr<std::vector<LimitRow>> rows = ReadLimitRows(order.limit_rows, program);
    if (!rows.ok()) {
      return ControlErrors::BadField(std::string(rows.status().message()), "limits");
    }
    known.rows = *std::move(rows);
    return Result(std::move(known));
  }
  LimitBackend* const limits = control.parts().limits;
  if (limits == nullptr) {
    return ControlErrors::One(503, kCodeUnavailable, "this process keeps no limits",
                              {"body", "limits"});
  }
  absl::StatusOr<LimitSnapshot> snapshot = limits->Look(
      gateway, program.route_name(), kMaxLimitRows, control.now_ms() * kNanosecondsPerMillisecond);
  if (!snapshot.ok()) return ControlPlane::FromStatus(snapshot.status());
  if (snapshot->truncated) {
    return ControlErrors::BadField("there are more than " + std::to_string(kMaxLimitRows) +
                                       " windows: give the rows that matter",
                                   "limits");
  }
  known.rows = std::move(snapshot->rows);
  return Result(std::move(known));
}

ControlResult<ExplainOrder> ReadExplainOrder(const ControlPlane& control, std::string_view text,
                                             BodyScanner* scanner) {
  ControlResult<RequestBody> body = RequestBody::Parse(text);
  if (!body.ok()) return body.errors();
  ExplainOrder order;
  order.at_ms = control.now_ms();
  const std::optional<std::string_view> request = body->Object("request", Presence::kRequired);
  if (request.has_value()) {
    absl::StatusOr<RequestParts> parts = ParseCheckedRequestParts(*request, scanner);
    if (parts.ok()) {
      order.parts = *std::move(parts);
    } else {
      body->Refuse("request", "`request`: " + std::string(parts.status().message()));
    }
  }
  ReadAssumptions(&*body, &order.assumed);
  order.seed = static_cast<uint64_t>(body->Integer("seed", Presence::kOptional, 0).value_or(0));
  if (const std::optional<std::string> at = body->String("at", Presence::kOptional)) {
    const std::optional<int64_t> time = ParseTime(*at);
    if (time.has_value()) {
      order.at_ms = *time;
    } else {
      body->Refuse("at", "`at` must be a time such as 2026-01-31T12:00:00Z, found `" + *at + "`");
    }
  }
  ReadLimitsOrder(&*body, &order);
  if (!body->ok()) return body->errors();
  order.parts.unix_seconds = order.at_ms / 1000;
  return order;
}

std::string DecisionJson(const RouteDecision& decision) {
  JsonObject object;
  object.Integer("version", static_cast<int64_t>(decision.version))
      .Text("outcome", decision.outcome)
      .TextOrNull("element", decision.element)
      .TextOrNull("model", decision.model);
  return object.Take();
}

}  // namespace

AdminAnswer HandleValidateRoute(ControlPlane& control, const AdminRequest& request) {
  ControlResult<RequestBody> body = RequestBody::Parse(request.body);
  std::string name(kUnnamedRoute);
  std::string elements;
  std::string deadline;
  if (body.ok()) {
    name = body->String("name", Presence::kOptional).value_or(name);
    elements = body->Array("elements", Presence::kRequired).value_or(std::string_view());
    if (!body->IsNull("deadline")) deadline = body->Raw("deadline").value_or(std::string_view());
    if (!body->ok()) return Failure(body->errors());
  } else {
    std::optional<LenientRoute> route = ReadLeniently(request.body);
    if (!route.has_value()) return Failure(body.errors());
    if (!route->name.empty()) name = std::move(route->name);
    elements = std::move(route->elements);
    deadline = std::move(route->deadline);
  }
  const compiler::CompileResult compiled =
      CompileElements(name, {elements, deadline}, NewVersionOptions(control, request.values[0]));
  // What is wrong stands around the elements.
  if (!body.ok() && compiled.ok()) return Failure(body.errors());
  JsonObject object;
  object.Bool("valid", compiled.ok())
      .Json("diagnostics", DiagnosticsJson(ToControlErrors(compiled.diagnostics, name, elements)));
  if (compiled.ok()) {
    JsonObject graph;
    graph.Text("mermaid", compiler::ToMermaid(*compiled.graph))
        .Text("dot", compiler::ToDot(*compiled.graph));
    object.Json("bounds", RenderBoundsJson(*compiled.graph)).Json("graph", graph.Take());
  } else {
    object.Json("bounds", "null").Json("graph", "null");
  }
  return Success(object.Take());
}

AdminAnswer HandleExplainVersion(ControlPlane& control, const AdminRequest& request) {
  BodyScanner scanner;
  ControlResult<ExplainOrder> order = ReadExplainOrder(control, request.body, &scanner);
  if (!order.ok()) return Failure(order.errors());
  const ControlResult<RouteVersion> version =
      GetVersion(control, request.values[0], request.values[1], request.values[2]);
  if (!version.ok()) return Failure(version.errors());
  const std::string& name = version->route.name;
  const std::string& elements = version->version.elements;
  const compiler::CompileResult compiled = CompileElements(
      name, SourceOf(version->version), StoredRouteOptions(*control.parts().config, nullptr));
  if (!compiled.ok()) {
    return Failure(ControlErrors{400, ToControlErrors(compiled.diagnostics, name, elements)});
  }
  const absl::StatusOr<Assumptions> assumptions =
      Assumptions::Parse(order->assumed, *compiled.program);
  if (!assumptions.ok()) {
    return Failure(ControlErrors::BadField(std::string(assumptions.status().message()), "assume"));
  }
  const absl::StatusOr<std::unique_ptr<RecordedRequest>> recorded =
      RecordedRequest::Make(std::move(order->parts), &scanner);
  if (!recorded.ok()) {
    return Failure(ControlErrors::BadField(std::string(recorded.status().message()), "request"));
  }
  const ControlResult<std::optional<KnownLimits>> limits =
      KnownLimitsOf(control, *order, request.values[0], *compiled.program);
  if (!limits.ok()) return Failure(limits.errors());
  Explanation explanation = Explain(compiled.program, (*recorded)->request(), *assumptions,
                                    order->seed, limits->has_value() ? &**limits : nullptr);
  explanation.time = TimeText(order->at_ms);
  explanation.seed = order->seed;
  return Success(RenderExplanationJson(explanation));
}

AdminAnswer HandleDiffVersions(ControlPlane& control, const AdminRequest& request) {
  const std::string& gateway = request.values[0];
  const std::string& route = request.values[1];
  const ControlResult<RouteVersion> from = GetVersion(control, gateway, route, request.values[2]);
  if (!from.ok()) return Failure(from.errors());
  const ControlResult<RouteVersion> to = GetVersion(control, gateway, route, request.values[3]);
  if (!to.ok()) return Failure(to.errors());
  const RouteDiff diff = DiffRoutes(SourceOf(from->version), SourceOf(to->version));
  return Success(RenderRouteDiffJson(diff, from->version.id, to->version.id));
}

AdminAnswer HandleDifferences(ControlPlane& control, const AdminRequest& request) {
  const ControlResult<DeploymentRow> deployment =
      GetDeployment(control, request.values[0], request.values[1], request.values[2]);
  if (!deployment.ok()) return Failure(deployment.errors());
  if (deployment->kind != DeploymentKind::kShadow) {
    return Failure(ControlErrors::One(
        409, kCodeConflict,
        "the deployment `" + deployment->id + "` is no shadow: nothing is compared for it"));
  }
  ShadowDifferences::Counts counts;
  if (const ShadowDifferences* const differences = control.parts().shadow_differences) {
    counts = differences->Of(deployment->id);
  }
  std::string examples = "[";
  for (const ShadowDifferences::Example& example : counts.examples) {
    if (examples.size() > 1) examples += ',';
    JsonObject object;
    object.Time("at", example.at_ms)
        .Text("log_id", example.log_id)
        .Json("live", DecisionJson(example.live))
        .Json("shadow", DecisionJson(example.shadow));
    examples += object.Take();
  }
  examples += ']';
  JsonObject object;
  object.Integer("compared", static_cast<int64_t>(counts.compared))
      .Integer("different", static_cast<int64_t>(counts.different))
      .Json("examples", examples);
  return Success(object.Take());
}

}  // namespace junctor::engine
