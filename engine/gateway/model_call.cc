#include "engine/gateway/model_call.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "engine/gateway/key_limit.h"
#include "engine/observe/log_event.h"
#include "engine/providers/chat/failure_classifier.h"
#include "engine/providers/chat/media_type.h"

namespace junctor::engine {
namespace {

// How long the body of an error answer is waited for: its status is known, the text only helps.
constexpr std::chrono::milliseconds kErrorBodyTimeout{5000};

Failure Unusable(int status, std::string message, std::string_view type, std::string_view code) {
  Failure failure;
  failure.error = ErrorClass::kBadRequest;
  failure.upstream_status = status;
  failure.message = std::move(message);
  failure.type = type;
  failure.code = code;
  return failure;
}

Failure UnusableOf(const absl::Status& status) {
  const std::string message(status.message());
  if (absl::IsInvalidArgument(status)) {
    return Unusable(400, message, "invalid_request_error", "unsupported_by_provider");
  }
  return Unusable(0, message, "server_error", "provider_not_configured");
}

// Whose key serves where the request names none, for people.
std::string_view KeyNameOf(const ProviderRecord& record, const CredentialScope& credentials) {
  if (credentials.FindStoredKey(record.slug, {}) != nullptr) return "stored";
  if (!record.key.empty() && credentials.configured_keys_serve()) return "configured";
  return "caller";
}

bool IsAnswer(const ModelResponse& response) {
  return response.status() >= 200 && response.status() < 300 && !IsWebPage(response.headers());
}

net::Awaitable<Failure> ReadFailure(const PreparedRequest* request,
                                    std::unique_ptr<ModelResponse> response,
                                    net::TimePoint deadline) {
  std::string body;
  response->SetDeadline(std::min(deadline, net::Clock::now() + kErrorBodyTimeout));
  while (body.size() < kMaxErrorBodyBytes) {
    net::NetResult<std::string_view> piece = co_await response->ReadSome();
    // A body that breaks off is told as far as it came.
    if (!piece.ok()) break;
    body.append(*piece);
    if (response->ended()) break;
  }
  if (response->status() < 400) {
    const std::string what = IsWebPage(response->headers()) ? " with a web page" : "";
    Failure failure =
        Unusable(0,
                 "the provider answered " + std::to_string(response->status()) + what +
                     " where an answer or an error was expected: check its base URL",
                 "server_error", "unexpected_status");
    failure.error = ErrorClass::kServerError;
    co_return failure;
  }
  co_return request->Classify(*response, body, absl::ToUnixSeconds(absl::Now()));
}

}  // namespace

ModelCall::ModelCall(Worker* worker, const CallerRequest& caller, const ModelSpec& spec,
                     std::string_view prefix, bool wants_usage)
    : worker_(worker),
      caller_(&caller),
      spec_(&spec),
      provider_(worker->providers.Find(spec.provider, caller.scope->directory.get())) {
  if (provider_ == nullptr) {
    unusable_ = Unusable(0, "provider `" + spec.provider + "` is not configured", "server_error",
                         "provider_not_configured");
    return;
  }
  if (!provider_->enabled()) {
    unusable_ = Unusable(0, "provider `" + spec.provider + "` is disabled", "server_error",
                         "provider_disabled");
    return;
  }
  if (!net::IsValidHeaderValue(spec.model)) {
    unusable_ = Unusable(400, "the model's name has a control character in it",
                         "invalid_request_error", "invalid_model");
    return;
  }
  ModelRequest request;
  request.operation = caller.operation;
  request.model = spec.model;
  request.byok_alias = spec.byok_alias;
  if (request.byok_alias.empty()) request.byok_alias = caller.headers->Get("cf-aig-byok-alias");
  request.caller_headers = caller.headers;
  request.credentials = caller.scope->credentials;
  request.body = caller.body;
  request.index = caller.index;
  request.params = spec.params;
  request.stream = caller.stream;
  request.wants_usage = wants_usage;
  request.assistant_prefix = prefix;
  absl::StatusOr<std::unique_ptr<PreparedRequest>> prepared = provider_->provider->Prepare(request);
  if (!prepared.ok()) {
    unusable_ = UnusableOf(prepared.status());
    return;
  }
  request_ = *std::move(prepared);
  key_ = request.credentials.FindStoredKey(provider_->record->slug, request.byok_alias);
  if (key_ != nullptr && !key_->has_rate_limit()) key_ = nullptr;
  if (!spec.health_enabled) return;
  HealthTarget target;
  target.provider = provider_->record->slug;
  target.model = spec.model;
  target.credential_id = request_->credential_id();
  if (!request.byok_alias.empty()) {
    target.key_name = request.byok_alias;
  } else {
    target.key_name = KeyNameOf(*provider_->record, request.credentials);
  }
  health_ = worker->shared->health->Find(target);
}

std::string_view ModelCall::provider_slug() const {
  return provider_ == nullptr ? std::string_view(spec_->provider)
                              : std::string_view(provider_->record->slug);
}

bool ModelCall::continues_prefix() const {
  return request_ != nullptr && request_->continues_prefix();
}

net::Awaitable<AttemptResult> ModelCall::Attempt(net::TimePoint deadline, net::CancelSignal* cancel,
                                                 const StreamContinuation* continued) {
  AttemptResult result;
  if (unusable_.has_value()) {
    result.failure = *unusable_;
    co_return result;
  }
  if (key_ != nullptr) {
    std::optional<Failure> refused = co_await TakeKeyRate(worker_, caller_->scope->id, *key_);
    if (refused.has_value()) {
      result.failure = *std::move(refused);
      co_return result;
    }
  }
  net::NetResult<std::unique_ptr<ModelResponse>> sent = co_await request_->Send(deadline, cancel);
  if (!sent.ok()) {
    result.cancelled = cancel->cancelled();
    result.failure = ClassifyNetError(sent.error());
    co_return result;
  }
  std::unique_ptr<ModelResponse> response = std::move(*sent);
  result.status = response->status();
  if (!IsAnswer(*response)) {
    result.failure = co_await ReadFailure(request_.get(), std::move(response), deadline);
    result.cancelled = cancel->cancelled();
    co_return result;
  }
  HeldOptions options;
  options.operation = caller_->operation;
  options.provider = provider_slug();
  options.stall_timeout = std::chrono::milliseconds(spec_->stall_timeout_ms);
  options.swallow_usage = request_->adds_usage();
  if (continued != nullptr) {
    options.continuation = continued->Next(continues_prefix());
  } else if (spec_->on_stream_failure == StreamFailurePolicy::kContinue && caller_->stream &&
             caller_->operation == Operation::kChat) {
    options.continuation.emplace();
  }
  auto held = std::make_unique<HeldResponse>(std::move(response), std::move(options));
  std::optional<Failure> failure = co_await held->AwaitFirstToken();
  if (!failure.has_value() && spec_->on_stream_failure == StreamFailurePolicy::kHold) {
    failure = co_await held->AwaitWhole();
  }
  result.cancelled = cancel->cancelled();
  if (failure.has_value()) {
    result.failure = *std::move(failure);
    result.usage = held->usage();
    result.answer_bytes = held->answer_bytes();
  } else {
    result.response = std::move(held);
  }
  co_return result;
}

HealthVerdict ModelCall::Admit() {
  if (health_ == nullptr) return HealthVerdict::kHealthy;
  return worker_->shared->health->Admit(health_, net::Clock::now());
}

bool ModelCall::IsCooling() {
  return health_ != nullptr && worker_->shared->health->IsCooling(health_, net::Clock::now());
}

void ModelCall::NoteSkipped() {
  if (health_ != nullptr) worker_->shared->health->NoteSkipped(health_);
}

void ModelCall::ReportHealth(HealthVerdict verdict, std::optional<ErrorClass> error,
                             bool cancelled) {
  if (health_ == nullptr) return;
  HealthOutcome outcome = HealthOutcome::kSuccess;
  if (cancelled) {
    outcome = HealthOutcome::kNeither;
  } else if (error.has_value()) {
    outcome = HealthOutcomeOf(*error);
  }
  HealthRule rule;
  rule.failures = spec_->health_failures;
  rule.cooldown = std::chrono::milliseconds(spec_->health_cooldown_ms);
  const std::string_view name = error.has_value() ? ErrorClassName(*error) : std::string_view();
  const bool changed =
      worker_->shared->health->Report(health_, verdict, rule, outcome, name, net::Clock::now());
  if (!changed) return;
  const bool recovered = outcome == HealthOutcome::kSuccess;
  LogEvent(worker_->shared->log, recovered ? LogLevel::kInfo : LogLevel::kWarn,
           recovered ? "provider_recovered" : "provider_cooling")
      .Text("provider", provider_slug())
      .Text("model", spec_->model)
      .Text("class", name);
}

}  // namespace junctor::engine
