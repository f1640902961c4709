#include "engine/gateway/chat_completion.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory_resource>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "engine/observe/log_event.h"
#include "engine/providers/forwarded_headers.h"
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

ErrorResponse ServerError(std::string_view message, std::string_view code) {
  ErrorFields fields;
  fields.message = message;
  fields.type = "server_error";
  fields.code = code;
  return MakeError(500, fields);
}

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

// A call that names its model itself: one attempt with the defaults of a model element.
ModelSpec DirectSpec(std::string_view model) {
  const size_t slash = model.find('/');
  ModelSpec spec;
  spec.provider = model.substr(0, slash);
  spec.model = model.substr(slash + 1);
  return spec;
}

}  // namespace

ChatCompletion::ChatCompletion(Worker* worker, net::ServerExchange* exchange,
                               const Endpoint& endpoint, const Authentication& authentication,
                               RequestLog* log)
    : worker_(worker), exchange_(exchange), endpoint_(&endpoint), log_(log) {
  caller_.exchange = exchange;
  caller_.index = &index_;
  caller_.credential_is_ours = authentication.token_in_authorization;
}

net::Awaitable<void> ChatCompletion::Run() {
  const uint64_t max_bytes = worker_->shared->config->limits.body_bytes;
  std::optional<net::BodyBuffer> body = exchange_->TryReadBody(max_bytes);
  if (!body.has_value()) {
    absl::StatusOr<net::BodyBuffer> read = co_await exchange_->ReadBody(max_bytes);
    if (!read.ok()) {
      Outcome outcome;
      outcome.caller_gone = absl::IsCancelled(read.status());
      outcome.name = "rejected";
      outcome.error = BodyError(read.status(), max_bytes);
      co_await Send(outcome);
      co_return;
    }
    body = *std::move(read);
  }
  log_->SetBytesIn(body->size());
  Outcome outcome;
  outcome.error = Prepare(body->view());
  if (outcome.error.has_value()) {
    outcome.name = "rejected";
  } else if (model_.starts_with(kRoutePrefix)) {
    outcome = co_await RunRoute(std::string_view(model_).substr(kRoutePrefix.size()));
  } else {
    outcome = co_await RunDirect();
  }
  co_await Send(outcome);
}

std::optional<ErrorResponse> ChatCompletion::Prepare(std::string_view body) {
  if (absl::Status status = worker_->scanner.Scan(body, &index_); !status.ok()) {
    return BadRequest(std::string(status.message()), "", "invalid_json");
  }
  caller_.body = body;
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
  if (const std::string_view* header = exchange_->head().Find("cf-aig-metadata")) {
    absl::StatusOr<Metadata> metadata = Metadata::Parse(*header);
    if (!metadata.ok()) {
      return BadRequest(std::string(metadata.status().message()), "cf-aig-metadata",
                        "invalid_metadata");
    }
    metadata_ = *std::move(metadata);
  }
  return std::nullopt;
}

std::optional<ErrorResponse> ChatCompletion::CheckDuplicates(const Program* program) const {
  const auto check = [this](std::string_view key) -> std::optional<ErrorResponse> {
    if (!index_.IsDuplicate(key)) return std::nullopt;
    return BadRequest("the body has `" + std::string(key) + "` more than once", key,
                      "duplicate_key");
  };
  if (program == nullptr) {
    for (const std::string_view key : kGatewayKeys) {
      if (std::optional<ErrorResponse> error = check(key)) return error;
    }
    return std::nullopt;
  }
  for (const std::string& key : program->body_keys()) {
    if (std::optional<ErrorResponse> error = check(key)) return error;
  }
  return std::nullopt;
}

void ChatCompletion::FillRequest(std::string_view body, const Program& program) {
  const net::RequestHead& head = exchange_->head();
  request_.method = head.method;
  request_.path = head.path();
  request_.client_ip = head.remote_address;
  const bool reads_headers =
      std::any_of(program.fields().begin(), program.fields().end(),
                  [](const Field& field) { return field.root == FieldRoot::kHeaders; });
  if (reads_headers) {
    for (const net::HeaderView& header : head.headers)
      header_fields_.push_back({header.name, header.value});
  }
  request_.headers = header_fields_;
  request_.metadata = metadata_.has_value() ? &*metadata_ : nullptr;
  request_.body = &index_;
  request_.body_bytes = body.size();
  request_.unix_seconds = log_->unix_nanoseconds() / 1'000'000'000;
}

net::Awaitable<ChatCompletion::Outcome> ChatCompletion::RunRoute(std::string_view name) {
  Outcome outcome;
  const RouteTable& routes = worker_->routes.Get();
  const RouteEntry* route = routes.Find(name);
  if (route == nullptr) {
    const std::string message =
        "there is no route `" + std::string(name) + "`; GET /v1/models lists the routes";
    ErrorFields fields;
    fields.message = message;
    fields.param = "model";
    fields.code = "route_not_found";
    outcome.error = MakeError(404, fields);
    outcome.name = "rejected";
    co_return outcome;
  }
  const std::shared_ptr<const Program> program = route->program;
  route_ = name;
  version_ = std::to_string(route->version);
  log_->SetRoute(program, route->version);
  outcome.error = CheckDuplicates(program.get());
  if (outcome.error.has_value()) {
    outcome.name = "rejected";
    co_return outcome;
  }
  FillRequest(caller_.body, *program);
  const uint32_t deadline_ms = program->parts().deadline_ms;
  const net::TimePoint deadline = deadline_ms == 0
                                      ? net::TimePoint::max()
                                      : net::Clock::now() + std::chrono::milliseconds(deadline_ms);
  Execution execution(program, &request_);
  Step step = execution.Start();
  while (!std::holds_alternative<FinishStep>(step)) {
    if (const auto* call = std::get_if<CallStep>(&step)) {
      const std::optional<CallAnswer> answer = co_await MakeAttempt(*call, *program, deadline);
      if (!answer.has_value()) {
        outcome.caller_gone = true;
        break;
      }
      step = execution.ResumeCall(*answer);
    } else if (const auto* limit = std::get_if<LimitStep>(&step)) {
      step = execution.ResumeLimit(AskLimit(*limit, *program));
    } else {
      step = execution.ResumeDraw(worker_->random.Next());
    }
  }
  log_->SetPath(execution.path());
  if (!outcome.caller_gone) outcome = Finish(std::get<FinishStep>(step), *program);
  co_return outcome;
}

net::Awaitable<ChatCompletion::Outcome> ChatCompletion::RunDirect() {
  Outcome outcome;
  const size_t slash = model_.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == model_.size()) {
    outcome.error = BadRequest(
        "the model `" + model_ +
            "` names no provider: write `<provider>/<model>`, or `dynamic/<route>` for a route",
        "model", "invalid_model");
  } else if (!net::IsValidHeaderValue(model_)) {
    // It comes back in a header of the answer.
    outcome.error =
        BadRequest("the model has a control character in its name", "model", "invalid_model");
  } else if (worker_->providers.Find(std::string_view(model_).substr(0, slash)) == nullptr) {
    outcome.error = BadRequest("there is no provider `" + model_.substr(0, slash) + "`", "model",
                               "unknown_provider");
  }
  if (outcome.error.has_value()) {
    outcome.name = "rejected";
    co_return outcome;
  }
  const ModelSpec spec = DirectSpec(model_);
  ModelCall call(worker_, caller_, spec);
  const net::TimePoint begin = net::Clock::now();
  AttemptResult result = co_await call.Attempt(begin + std::chrono::milliseconds(spec.timeout_ms));
  NoteAttempt("", call, result, begin);
  outcome.caller_gone = result.caller_gone;
  if (outcome.caller_gone) co_return outcome;
  const bool answered = result.response != nullptr;
  if (!answered) {
    outcome.error = ErrorOf(result.failure);
    outcome.name = "failure";
    co_return outcome;
  }
  held_ = std::move(result.response);
  held_provider_ = call.provider_slug();
  held_model_ = spec.model;
  held_step_ = "0";
  co_return outcome;
}

net::Awaitable<std::optional<CallAnswer>> ChatCompletion::MakeAttempt(const CallStep& step,
                                                                      const Program& program,
                                                                      net::TimePoint deadline) {
  const ModelSpec& spec = program.parts().models[step.model];
  CallAnswer answer;
  answer.random = worker_->random.Next();
  if (step.delay_ms > 0) {
    const net::TimePoint begin = net::Clock::now() + std::chrono::milliseconds(step.delay_ms);
    if (begin >= deadline) {
      // No time is left for another attempt: what failed last is what the caller is told.
      answer.error = failure_.has_value() ? failure_->error : ErrorClass::kTimeout;
      answer.deadline_passed = true;
      co_return answer;
    }
    const bool slept = co_await net::SleepUntil(*worker_->loop, begin, &exchange_->client_gone());
    if (!slept) co_return std::nullopt;
  }
  if (call_ == nullptr || call_ordinal_ != step.ordinal) {
    call_ = std::make_unique<ModelCall>(worker_, caller_, spec);
    call_ordinal_ = step.ordinal;
  }
  const net::TimePoint begin = net::Clock::now();
  const net::TimePoint attempt_deadline =
      std::min(deadline, begin + std::chrono::milliseconds(spec.timeout_ms));
  AttemptResult result = co_await call_->Attempt(attempt_deadline);
  NoteAttempt(program.ElementName(spec.element), *call_, result, begin);
  if (result.caller_gone) co_return std::nullopt;
  const bool answered = result.response != nullptr;
  if (answered) {
    held_ = std::move(result.response);
    held_provider_ = call_->provider_slug();
    held_model_ = spec.model;
    held_step_ = std::to_string(step.ordinal);
  } else {
    answer.error = result.failure.error;
    answer.retry_after_ms = result.failure.retry_after_ms;
    answer.deadline_passed = net::Clock::now() >= deadline;
    failure_ = std::move(result.failure);
  }
  co_return answer;
}

void ChatCompletion::NoteAttempt(std::string_view element, const ModelCall& call,
                                 const AttemptResult& result, net::TimePoint begin) {
  std::string_view error_class;
  if (result.caller_gone) {
    error_class = "cancelled";
  } else if (result.response == nullptr) {
    error_class = ErrorClassName(result.failure.error);
  }
  log_->AddAttempt(element, call.provider_slug(), call.model(), result.status, error_class,
                   MillisecondsSince(begin));
}

LimitAnswer ChatCompletion::AskLimit(const LimitStep& step, const Program& program) {
  const LimitSpec& spec = program.parts().limits[step.limit];
  // What a request costs is not charged yet: `check` and `serve` warn of limits that count it, and
  // they let all pass.
  if (spec.type == LimitType::kCost) return LimitAnswer();
  const std::string gateway =
      std::string(endpoint_->account) + "/" + std::string(endpoint_->gateway);
  return worker_->shared->limits->Take(gateway, program.route_name(),
                                       program.ElementName(spec.element), step.key, spec,
                                       log_->unix_nanoseconds());
}

ChatCompletion::Outcome ChatCompletion::Finish(const FinishStep& step, const Program& program) {
  Outcome outcome;
  switch (step.kind) {
    case FinishStep::Kind::kResponse:
      break;
    case FinishStep::Kind::kFailure:
      outcome.error = ErrorOf(*failure_);
      outcome.name = "failure";
      break;
    case FinishStep::Kind::kLimited:
      outcome.error =
          LimitedError(route_, program.ElementName(program.parts().limits[step.limit].element),
                       step.retry_after_ms);
      outcome.name = "limited";
      break;
    case FinishStep::Kind::kNoModelResponse:
      outcome.error =
          ServerError("route `" + route_ + "` ended without calling a model", "no_model_response");
      outcome.name = "no_model_response";
      break;
    case FinishStep::Kind::kMisuse:
      outcome.error =
          ServerError("the gateway answered a step of the flow out of turn", "internal_error");
      outcome.name = "internal_error";
      break;
  }
  return outcome;
}

net::Awaitable<void> ChatCompletion::Send(const Outcome& outcome) {
  if (outcome.caller_gone) {
    log_->SetOutcome(0, "client_gone");
    co_return;
  }
  if (outcome.error.has_value()) {
    log_->SetOutcome(outcome.error->status, outcome.name);
    co_await SendError(*outcome.error);
  } else {
    log_->SetOutcome(held_->status(), outcome.name);
    co_await SendHeld();
    if (held_->invalid_chunks() > 0) {
      LogEvent(worker_->shared->log, LogLevel::kWarn, "chunks_dropped")
          .Text("log_id", log_->log_id())
          .Unsigned("count", held_->invalid_chunks());
    }
  }
}

net::Awaitable<void> ChatCompletion::SendHeld() {
  std::vector<net::HeaderView> headers;
  headers.reserve(held_->headers().size() + 8);
  for (const net::HeaderView& header : held_->headers()) {
    if (IsForwardedResponseHeader(header.name)) headers.push_back(header);
  }
  headers.push_back({"cf-aig-provider", held_provider_});
  headers.push_back({"cf-aig-model", held_model_});
  headers.push_back({"cf-aig-step", held_step_});
  AppendOwnHeaders(&headers);
  ResponsePiece piece = held_->TakeHeld();
  log_->NoteFirstByte();
  absl::Status sent;
  if (piece.ended) {
    sent = co_await exchange_->Respond(held_->status(), headers, piece.bytes);
  } else {
    sent = co_await exchange_->StartStream(held_->status(), headers, held_->content_length(),
                                           piece.bytes);
  }
  while (sent.ok() && !piece.ended) {
    std::variant<ResponsePiece, Failure> next = co_await held_->Next();
    if (const auto* failure = std::get_if<Failure>(&next)) {
      if (exchange_->is_client_gone()) break;
      log_->SetOutcome(held_->status(), "stream_failure");
      log_->BreakLastAttempt();
      if (!held_->is_event_stream()) {
        // The caller was promised more bytes: only a broken connection tells it that they don't
        // come.
        exchange_->Abort();
        co_return;
      }
      // The end of the connection says once more that this was not the end of the answer.
      exchange_->CloseAfterResponse();
      const std::string event = "data: " + StreamErrorBody(*failure) + "\n\n";
      sent = co_await exchange_->Finish(event);
      co_return;
    }
    piece = std::get<ResponsePiece>(next);
    if (piece.ended) {
      sent = co_await exchange_->Finish(piece.bytes);
    } else {
      sent = co_await exchange_->Write(piece.bytes);
    }
  }
  if (!sent.ok() || exchange_->is_client_gone()) {
    log_->SetOutcome(held_->status(), "client_gone");
    co_return;
  }
  co_await held_->Drain();
}

net::Awaitable<void> ChatCompletion::SendError(const ErrorResponse& error) {
  std::vector<net::HeaderView> headers;
  headers.push_back({"content-type", "application/json"});
  for (const auto& [name, value] : error.headers) headers.push_back({name, value});
  AppendOwnHeaders(&headers);
  log_->NoteFirstByte();
  const absl::Status sent = co_await exchange_->Respond(error.status, headers, error.body);
  if (!sent.ok()) log_->SetOutcome(error.status, "client_gone");
}

void ChatCompletion::AppendOwnHeaders(std::vector<net::HeaderView>* headers) const {
  if (!version_.empty()) {
    headers->push_back({"cf-aig-route", route_});
    headers->push_back({"cf-aig-route-version", version_});
  }
  headers->push_back({"cf-aig-log-id", log_->log_id()});
  headers->push_back({"cf-aig-event-id", log_->event_id()});
}

}  // namespace junctor::engine
