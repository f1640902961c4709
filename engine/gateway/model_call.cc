#include "engine/gateway/model_call.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "engine/providers/failure_classifier.h"

namespace junctor::engine {
namespace {

// How long the body of an error answer is waited for: its status is known, the text only helps.
constexpr std::chrono::milliseconds kErrorBodyTimeout{5000};

Failure Unusable(std::string message, std::string_view code) {
  Failure failure;
  failure.error = ErrorClass::kBadRequest;
  failure.message = std::move(message);
  failure.type = "server_error";
  failure.code = code;
  return failure;
}

// A page of some proxy in between is no answer of a model, whatever its status says.
bool IsWebPage(const net::HeaderList& headers) {
  constexpr std::string_view kHtml = "text/html";
  const std::string_view type = headers.Get("content-type");
  return type.size() >= kHtml.size() && net::EqualsIgnoreCase(type.substr(0, kHtml.size()), kHtml);
}

bool IsAnswer(const ModelResponse& response) {
  return response.status() >= 200 && response.status() < 300 && !IsWebPage(response.headers());
}

net::Awaitable<Failure> ReadFailure(std::unique_ptr<ModelResponse> response,
                                    net::TimePoint deadline) {
  std::string body;
  response->SetDeadline(std::min(deadline, net::Clock::now() + kErrorBodyTimeout));
  while (body.size() < kMaxErrorBodyBytes) {
    net::NetResult<std::string_view> piece = co_await response->ReadSome();
    // A body that breaks off is told as far as it came.
    if (!piece.ok() || piece->empty()) break;
    body.append(*piece);
    if (response->ended()) break;
  }
  if (response->status() < 400) {
    const std::string what = IsWebPage(response->headers()) ? " with a web page" : "";
    Failure failure =
        Unusable("the provider answered " + std::to_string(response->status()) + what +
                     " where an answer or an error was expected: check its base URL",
                 "unexpected_status");
    failure.error = ErrorClass::kServerError;
    co_return failure;
  }
  co_return ClassifyAnswer(response->status(), response->headers(), body,
                           absl::ToUnixSeconds(absl::Now()));
}

}  // namespace

ModelCall::ModelCall(Worker* worker, const CallerRequest& caller, const ModelSpec& spec)
    : worker_(worker),
      caller_(&caller),
      spec_(&spec),
      provider_(worker->providers.Find(spec.provider)) {
  if (provider_ == nullptr) {
    unusable_ =
        Unusable("provider `" + spec.provider + "` is not configured", "provider_not_configured");
    return;
  }
  if (!net::IsValidHeaderValue(spec.model)) {
    unusable_ = Unusable("the model's name has a control character in it", "invalid_model");
    return;
  }
  absl::StatusOr<SplicedBody> body =
      SplicedBody::Make(caller.body, *caller.index, spec.model, spec.params);
  if (!body.ok()) {
    unusable_ = Unusable(std::string(body.status().message()), "invalid_params");
    return;
  }
  body_ = *std::move(body);
}

std::string_view ModelCall::provider_slug() const {
  return provider_ == nullptr ? std::string_view(spec_->provider)
                              : std::string_view(provider_->record->slug);
}

net::Awaitable<AttemptResult> ModelCall::Attempt(net::TimePoint deadline) {
  AttemptResult result;
  if (unusable_.has_value()) {
    result.failure = *unusable_;
    co_return result;
  }
  net::CancelSignal& gone = caller_->exchange->client_gone();
  ModelRequest request;
  request.model = spec_->model;
  request.byok_alias = spec_->byok_alias;
  request.caller = &caller_->exchange->head();
  request.caller_credential_is_ours = caller_->credential_is_ours;
  request.body = body_.pieces();
  request.body_bytes = body_.size();
  request.index = caller_->index;
  request.stream = caller_->stream;
  request.deadline = deadline;
  request.cancel = &gone;
  net::NetResult<std::unique_ptr<ModelResponse>> sent = co_await provider_->provider->Send(request);
  if (!sent.ok()) {
    result.caller_gone = gone.cancelled();
    result.failure = ClassifyNetError(sent.error());
    co_return result;
  }
  std::unique_ptr<ModelResponse> response = std::move(*sent);
  result.status = response->status();
  if (!IsAnswer(*response)) {
    result.failure = co_await ReadFailure(std::move(response), deadline);
    result.caller_gone = gone.cancelled();
    co_return result;
  }
  auto held = std::make_unique<HeldResponse>(worker_->loop, std::move(response),
                                             std::chrono::milliseconds(spec_->stall_timeout_ms));
  std::optional<Failure> failure = co_await held->AwaitFirstToken();
  result.caller_gone = gone.cancelled();
  if (failure.has_value()) {
    result.failure = *std::move(failure);
  } else {
    result.response = std::move(held);
  }
  co_return result;
}

}  // namespace junctor::engine
