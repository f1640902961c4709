#include "engine/gateway/compat_request.h"

#include <array>
#include <memory_resource>
#include <utility>

#include "absl/status/status.h"
#include "engine/gateway/shadow_run.h"
#include "engine/prices/custom_cost.h"
#include "runtime/request/json_reader.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kRoutePrefix = "dynamic/";
// Top-level keys that the gateway itself reads or rewrites: none may come twice (R36).
constexpr std::array<std::string_view, 3> kGatewayKeys = {"model", "stream", "stream_options"};

ErrorResponse BadRequest(std::string_view message, std::string_view param, std::string_view code) {
  ErrorFields fields;
  fields.message = message;
  fields.param = param;
  fields.code = code;
  return MakeError(400, fields);
}

FlowResult Rejected(ErrorResponse error) {
  FlowResult result;
  result.error = std::move(error);
  result.outcome = "rejected";
  return result;
}

// A call that names its model itself: a model element with the defaults, and what the `cf-aig-…`
// headers say.
ModelSpec DirectSpec(std::string_view model, const RequestOptions& options) {
  const size_t slash = model.find('/');
  ModelSpec spec;
  spec.provider = model.substr(0, slash);
  spec.model = model.substr(slash + 1);
  spec.retry_on = DefaultRetryOn(/*has_fallback=*/false);
  spec.retries = static_cast<uint8_t>(options.max_attempts - 1);
  spec.retry_delay_ms = static_cast<uint32_t>(options.retry_delay.count());
  spec.backoff = options.backoff;
  if (options.timeout.has_value())
    spec.timeout_ms = static_cast<uint32_t>(options.timeout->count());
  return spec;
}

}  // namespace

ErrorResponse BodyError(const absl::Status& status, uint64_t max_bytes) {
  ErrorFields fields;
  if (absl::IsResourceExhausted(status)) {
    const std::string message =
        "the request body is larger than the limit of " + std::to_string(max_bytes) + " bytes";
    fields.message = message;
    fields.code = "request_too_large";
    return MakeError(413, fields);
  }
  if (absl::IsDeadlineExceeded(status)) {
    fields.message = "the request body did not arrive in time";
    fields.type = "timeout_error";
    fields.code = "timeout";
    return MakeError(408, fields);
  }
  const std::string message(status.message());
  fields.message = message;
  return MakeError(400, fields);
}

CompatRequest::CompatRequest(Worker* worker, const CompatSource& source, RequestLog* log)
    : worker_(worker), source_(source), log_(log), run_(worker, &caller_, log) {
  caller_.operation = source.operation;
  caller_.method = source.head->method;
  caller_.path = source.head->path();
  caller_.remote_address = source.head->remote_address;
  caller_.headers = source_.headers;
  caller_.gone = source.gone;
  caller_.body = source.body;
  caller_.index = &index_;
  caller_.scope = source.scope;
}

net::Awaitable<FlowResult> CompatRequest::Run(AnswerSender* sender) {
  if (std::optional<ErrorResponse> error = Prepare()) co_return Rejected(*std::move(error));
  if (model_.starts_with(kRoutePrefix)) {
    co_return co_await RunRoute(std::string_view(model_).substr(kRoutePrefix.size()), sender);
  }
  co_return co_await RunDirect();
}

std::optional<ErrorResponse> CompatRequest::Prepare() {
  if (absl::Status status = worker_->scanner.Scan(source_.body, &index_); !status.ok()) {
    return BadRequest(std::string(status.message()), "", "invalid_json");
  }
  if (std::optional<ErrorResponse> error = CheckDuplicates(nullptr)) return error;
  const std::string_view model = index_.Find("model");
  if (model.empty()) {
    return BadRequest(
        "the body has no `model`: name one as `dynamic/<route>` or `<provider>/<model>`", "model",
        "missing_model");
  }
  std::pmr::monotonic_buffer_resource arena;
  const Value name = ReadJson(model, &arena);
  if (name.kind() != ValueKind::kString)
    return BadRequest("`model` must be a string", "model", "invalid_model");
  model_ = name.string();
  caller_.stream = index_.Find("stream") == "true";
  if (const std::string_view* header = source_.headers->Find("cf-aig-custom-cost")) {
    absl::StatusOr<PriceSet> cost = ParseCustomCost(*header);
    if (!cost.ok()) {
      return BadRequest(std::string(cost.status().message()), "cf-aig-custom-cost",
                        "invalid_custom_cost");
    }
    run_.SetCustomCost(*cost);
  }
  if (const std::string_view* header = source_.headers->Find("cf-aig-metadata")) {
    absl::StatusOr<Metadata> metadata = Metadata::Parse(*header);
    if (!metadata.ok()) {
      return BadRequest(std::string(metadata.status().message()), "cf-aig-metadata",
                        "invalid_metadata");
    }
    metadata_ = *std::move(metadata);
  }
  run_.SetLimits(source_.limits, metadata_.has_value() ? &*metadata_ : nullptr);
  return std::nullopt;
}

std::optional<ErrorResponse> CompatRequest::CheckDuplicate(std::string_view key) const {
  if (!index_.IsDuplicate(key)) return std::nullopt;
  return BadRequest("the body has `" + std::string(key) + "` more than once", key, "duplicate_key");
}

std::optional<ErrorResponse> CompatRequest::CheckDuplicates(const Program* program) const {
  if (program == nullptr) {
    for (const std::string_view key : kGatewayKeys) {
      if (std::optional<ErrorResponse> error = CheckDuplicate(key)) return error;
    }
    return std::nullopt;
  }
  for (const std::string& key : program->body_keys()) {
    if (std::optional<ErrorResponse> error = CheckDuplicate(key)) return error;
  }
  return std::nullopt;
}

std::optional<ErrorResponse> CompatRequest::ChooseVersion(ChosenRoute* route) {
  const RouteDeployment* deployment = route->deployment.get();
  if (deployment == nullptr || deployment->gradual == nullptr) return std::nullopt;
  const std::optional<Field> key = GradualKey(*deployment);
  FlowRequest request;
  if (key.has_value()) {
    if (key->root == FieldRoot::kBody && !key->segments.empty()) {
      if (std::optional<ErrorResponse> error = CheckDuplicate(key->segments[0])) return error;
    }
    FillFlowRequest(caller_, metadata_.has_value() ? &*metadata_ : nullptr,
                    log_->unix_nanoseconds() / 1'000'000'000, key->root == FieldRoot::kHeaders,
                    &request);
  }
  if (FallsIntoShare(*deployment, key.has_value() ? &*key : nullptr, request.request,
                     worker_->random.Next())) {
    route->program = deployment->gradual;
    route->version = deployment->gradual_version;
  }
  return std::nullopt;
}

void CompatRequest::CompareWithShadow() {
  if (deployment_ == nullptr || !decisions_.ended()) return;
  const std::shared_ptr<const Program>& program = deployment_->shadow;
  FlowRequest request;
  FillFlowRequest(caller_, metadata_.has_value() ? &*metadata_ : nullptr,
                  log_->unix_nanoseconds() / 1'000'000'000, ReadsHeaders(*program), &request);
  const ShadowWorld world = {&worker_->random, worker_->shared->limits, source_.scope->id,
                             log_->unix_nanoseconds()};
  const RouteDecision shadow =
      DecideInShadow(program, deployment_->shadow_version, request.request, decisions_, world);
  worker_->shared->shadow_differences->Record(deployment_->shadow_deployment_id, log_->log_id(),
                                              log_->unix_nanoseconds() / 1'000'000,
                                              decisions_.decision(), shadow);
}

net::Awaitable<FlowResult> CompatRequest::RunRoute(std::string_view name, AnswerSender* sender) {
  ChosenRoute route = FindRoute(&worker_->routes, *source_.scope, name);
  if (route.program == nullptr) {
    const std::string message =
        "there is no route `" + std::string(name) + "`; GET /v1/models lists the routes";
    ErrorFields fields;
    fields.message = message;
    fields.param = "model";
    fields.code = "route_not_found";
    co_return Rejected(MakeError(404, fields));
  }
  if (std::optional<ErrorResponse> error = ChooseVersion(&route)) {
    co_return Rejected(*std::move(error));
  }
  const std::shared_ptr<const Program> program = route.program;
  const uint64_t version = route.version;
  sender->SetRoute(name, version);
  if (std::optional<ErrorResponse> error = CheckDuplicates(program.get())) {
    log_->SetRoute(program, version);
    co_return Rejected(*std::move(error));
  }
  if (route.deployment != nullptr && route.deployment->shadow != nullptr &&
      worker_->shared->shadow_differences != nullptr) {
    deployment_ = route.deployment;
    run_.RecordInto(&decisions_);
  }
  co_return co_await run_.RunRoute(program, version, metadata_.has_value() ? &*metadata_ : nullptr);
}

net::Awaitable<FlowResult> CompatRequest::RunDirect() {
  const size_t slash = model_.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == model_.size()) {
    co_return Rejected(BadRequest(
        "the model `" + model_ +
            "` names no provider: write `<provider>/<model>`, or `dynamic/<route>` for a route",
        "model", "invalid_model"));
  }
  if (!net::IsValidHeaderValue(model_)) {
    // It comes back in a header of the answer.
    co_return Rejected(
        BadRequest("the model has a control character in its name", "model", "invalid_model"));
  }
  const std::string slug = model_.substr(0, slash);
  const std::shared_ptr<const ProviderSet::Entry> provider =
      worker_->providers.Find(slug, source_.scope->directory.get());
  if (provider == nullptr) {
    co_return Rejected(
        BadRequest("there is no provider `" + slug + "`", "model", "unknown_provider"));
  }
  if (!provider->enabled()) {
    co_return Rejected(
        BadRequest("the provider `" + slug + "` is disabled", "model", "provider_disabled"));
  }
  direct_ = DirectSpec(model_, source_.options);
  co_return co_await run_.RunDirect(direct_, direct_.retries > 0);
}

}  // namespace junctor::engine
