#include "engine/gateway/flow_run.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "absl/time/clock.h"
#include "engine/observe/log_event.h"
#include "runtime/interp/retry_policy.h"
#include "runtime/program/retry_rules.h"

namespace junctor::engine {
namespace {

// How long a call's last attempt is waited for where it has no timeout of its own.
constexpr std::chrono::milliseconds kPatience{600'000};

ErrorResponse ServerError(std::string_view message, std::string_view code) {
  ErrorFields fields;
  fields.message = message;
  fields.type = "server_error";
  fields.code = code;
  return MakeError(500, fields);
}

}  // namespace

FlowRun::FlowRun(Worker* worker, const CallerRequest* caller, RequestLog* log)
    : worker_(worker), caller_(caller), log_(log) {}

FlowRun::~FlowRun() {
  Charge(&answer_);
  if (spending_.has_value() && spending_->counts()) {
    log_->SetCost(spending_->total(), spending_->is_estimated());
  }
}

void FlowRun::SetLimits(RequestLimits* limits, const Metadata* metadata) {
  limits_ = limits;
  metadata_ = metadata;
}

net::Awaitable<FlowResult> FlowRun::RunRoute(std::shared_ptr<const Program> program,
                                             uint64_t version, const Metadata* metadata) {
  program_ = std::move(program);
  version_ = version;
  log_->SetRoute(program_, version);
  FillFlowRequest(*caller_, metadata, log_->unix_nanoseconds() / 1'000'000'000,
                  ReadsHeaders(*program_), &request_);
  const uint32_t deadline_ms = program_->parts().deadline_ms;
  if (deadline_ms != 0) deadline_ = net::Clock::now() + std::chrono::milliseconds(deadline_ms);
  execution_.emplace(program_, &request_.request);
  return Drive(execution_->Start());
}

net::Awaitable<FlowResult> FlowRun::RunDirect(const ModelSpec& spec, bool patient_last_attempt) {
  FlowResult result;
  if (std::optional<ErrorResponse> refused = co_await AskForDirectCall(&spec)) {
    result.error = std::move(refused);
    result.outcome = "limited";
    co_return result;
  }
  const bool wants_usage = spending_.has_value() && spending_->counts();
  auto call = std::make_unique<ModelCall>(worker_, *caller_, spec, std::string_view(), wants_usage);
  for (uint32_t attempt = 0;; ++attempt) {
    const net::TimePoint begin = net::Clock::now();
    const bool is_patient = patient_last_attempt && attempt > 0 && attempt == spec.retries;
    const net::TimePoint deadline =
        begin + (is_patient ? kPatience : std::chrono::milliseconds(spec.timeout_ms));
    BeginCall(call.get());
    AttemptResult tried = co_await call->Attempt(deadline, caller_->gone);
    const size_t entry = NoteAttempt("", *call, tried, begin, {});
    const bool answered = tried.response != nullptr;
    call->ReportHealth(HealthVerdict::kHealthy,
                       answered ? std::nullopt : std::optional(tried.failure.error),
                       tried.cancelled);
    if (!answered || tried.cancelled) ChargeFailed(call.get(), tried);
    if (tried.cancelled) {
      result.caller_gone = true;
      co_return result;
    }
    if (tried.response != nullptr) {
      answer_.held = std::move(tried.response);
      answer_.call = std::move(call);
      answer_.step = "0";
      answer_.log_entry = entry;
      co_return result;
    }
    FailedAttempt failed;
    failed.attempt = attempt;
    failed.error = tried.failure.error;
    failed.retry_after_ms = tried.failure.retry_after_ms;
    failed.random = worker_->random.Next();
    const std::optional<uint32_t> delay = DelayBeforeRetry(spec, failed);
    if (!delay.has_value()) {
      result.error = ErrorOf(tried.failure);
      result.outcome = "failure";
      co_return result;
    }
    const net::TimePoint again = net::Clock::now() + std::chrono::milliseconds(*delay);
    const bool slept = co_await net::SleepUntil(*worker_->loop, again, caller_->gone);
    if (!slept) {
      result.caller_gone = true;
      co_return result;
    }
  }
}

net::Awaitable<FlowResult> FlowRun::GoOn(const Failure& failure) {
  FlowResult result;
  result.outcome = "stream_failure";
  const StreamContinuation* sent = has_answer() ? answer_.held->continuation() : nullptr;
  if (!execution_.has_value() || sent == nullptr || !sent->can_continue() ||
      failure.code == kAnswerDiffersCode || !answer_.mark.has_value()) {
    result.error = ErrorOf(failure);
    co_return result;
  }
  const Execution::Checkpoint mark = *answer_.mark;
  const bool was_hedged = answer_.was_hedged;
  Charge(&answer_);
  broken_ = answer_.held->TakeContinuation();
  answer_ = FlowAnswer();
  call_ = nullptr;
  // The bound was on the first token, which came.
  deadline_ = net::TimePoint::max();
  failure_ = failure;
  execution_->Rewind(mark);
  CallAnswer broke;
  broke.error = ErrorClass::kStream;
  broke.no_retry = was_hedged;
  broke.random = worker_->random.Next();
  FlowResult gone_on = co_await Drive(execution_->ResumeCall(broke));
  if (gone_on.caller_gone) co_return gone_on;
  const bool continues = !gone_on.error.has_value() && has_answer();
  if (!continues) {
    answer_ = FlowAnswer();
    result.error = ErrorOf(failure);
    co_return result;
  }
  LogEvent(worker_->shared->log, LogLevel::kWarn, "stream_continued")
      .Text("log_id", log_->log_id())
      .Text("element", ElementOf(answer_.call->spec()))
      .Text("how", answer_.call->continues_prefix() ? "prefix" : "afresh")
      .Unsigned("sent_bytes", broken_->text().size());
  gone_on.outcome = "continued";
  co_return gone_on;
}

net::Awaitable<FlowResult> FlowRun::Drive(Step step) {
  FlowResult result;
  while (true) {
    if (!TryAnswerUntilCall(&step)) step = co_await AnswerUntilCall(std::move(step));
    const auto* call = std::get_if<CallStep>(&step);
    if (call == nullptr || IsRefusedByGateway()) break;
    const CallStep call_step = *call;
    std::optional<Step> next = co_await CallModel(call_step);
    if (!next.has_value()) {
      result.caller_gone = true;
      break;
    }
    step = *std::move(next);
  }
  log_->SetPath(execution_->path());
  if (IsRefusedByGateway()) {
    result = FlowResult();
    result.error = RefusalError(RateRefusal(*limits_));
    result.outcome = "limited";
  } else if (!result.caller_gone) {
    result = Finish(std::get<FinishStep>(step));
  }
  co_return result;
}

void FlowRun::PrepareCall(const CallStep& step, std::unique_ptr<ModelCall>* call) const {
  const ModelSpec& spec = program_->parts().models[step.model];
  const std::string_view prefix = continued() == nullptr ? std::string_view() : continued()->text();
  const bool wants_usage = spending_.has_value() && spending_->counts();
  *call = std::make_unique<ModelCall>(worker_, *caller_, spec, prefix, wants_usage);
}

net::Awaitable<std::optional<Step>> FlowRun::CallModel(const CallStep& step) {
  const ModelSpec& spec = program_->parts().models[step.model];
  if (step.delay_ms > 0) {
    const net::TimePoint begin = net::Clock::now() + std::chrono::milliseconds(step.delay_ms);
    if (begin >= deadline_) {
      // No time is left for another attempt: what failed last is what the caller is told.
      CallAnswer answer;
      answer.error = failure_.has_value() ? failure_->error : ErrorClass::kTimeout;
      answer.deadline_passed = true;
      if (record_ != nullptr) record_->NoteCall(step, *program_, answer);
      co_return execution_->ResumeCall(answer);
    }
    const bool slept = co_await net::SleepUntil(*worker_->loop, begin, caller_->gone);
    if (!slept) co_return std::nullopt;
  }
  if (call_ == nullptr || call_ordinal_ != step.ordinal) {
    PrepareCall(step, &call_);
    call_ordinal_ = step.ordinal;
  }
  HealthVerdict verdict = call_->Admit();
  if (verdict == HealthVerdict::kCooling) {
    if (LeadsToFallback(spec, ErrorClass::kOverloaded)) co_return Skip(step, call_.get());
    verdict = HealthVerdict::kHealthy;
  }
  const net::TimePoint begin = net::Clock::now();
  const net::TimePoint deadline =
      std::min(deadline_, begin + std::chrono::milliseconds(spec.timeout_ms));
  if (spec.hedge_after_ms != 0) co_return co_await CallHedged(step, verdict, deadline);
  BeginCall(call_.get());
  AttemptResult result = co_await call_->Attempt(deadline, caller_->gone, continued());
  const bool gone = result.cancelled;
  Step next = Settle(step, std::move(call_), verdict, begin, std::move(result), {});
  if (gone) co_return std::nullopt;
  co_return next;
}

net::Awaitable<std::optional<Step>> FlowRun::CallHedged(const CallStep& step, HealthVerdict verdict,
                                                        net::TimePoint deadline) {
  const ModelSpec& spec = program_->parts().models[step.model];
  AttemptRace& race =
      *races_.emplace_back(std::make_unique<AttemptRace>(worker_->loop, caller_->gone));
  std::unique_ptr<ModelCall> call = std::move(call_);
  std::unique_ptr<ModelCall> hedge_call;
  BeginCall(call.get());
  race.Start(&race.first, call.get(), deadline, continued());
  co_await race.WaitFor(race.first,
                        race.first.begin + std::chrono::milliseconds(spec.hedge_after_ms));
  const Execution::Checkpoint before = execution_->Mark();
  std::optional<Execution::Checkpoint> at_hedge;
  CallStep hedge_step;
  HealthVerdict hedge_verdict = HealthVerdict::kHealthy;
  if (!race.first.result.has_value() && LeadsToFallback(spec, ErrorClass::kTimeout) &&
      !caller_->gone->cancelled()) {
    CallAnswer as_if_failed;
    as_if_failed.error = ErrorClass::kTimeout;
    as_if_failed.no_retry = true;
    Step reached = execution_->ResumeCall(as_if_failed);
    if (!TryAnswerUntilCall(&reached)) reached = co_await AnswerUntilCall(std::move(reached));
    if (const auto* reached_call = std::get_if<CallStep>(&reached)) {
      hedge_step = *reached_call;
      PrepareCall(hedge_step, &hedge_call);
      hedge_verdict = hedge_call->Admit();
      if (hedge_verdict != HealthVerdict::kCooling) {
        at_hedge = execution_->Mark();
        const ModelSpec& hedge_spec = program_->parts().models[hedge_step.model];
        const net::TimePoint until =
            net::Clock::now() + std::chrono::milliseconds(hedge_spec.timeout_ms);
        BeginCall(hedge_call.get());
        race.Start(&race.second, hedge_call.get(), std::min(deadline_, until), continued());
      }
    }
    execution_->Rewind(before);
  }
  // The first token wins; where one call fails, the other is all there is.
  const auto answered = [](const AttemptRace::Runner& runner) {
    return runner.result.has_value() && runner.result->response != nullptr;
  };
  const auto runs = [](const AttemptRace::Runner& runner) {
    return runner.started && !runner.result.has_value();
  };
  while (!answered(race.first) && !answered(race.second) &&
         (runs(race.first) || runs(race.second))) {
    co_await race.Wait();
  }
  const bool hedge_wins = answered(race.second) && !answered(race.first);
  AttemptRace::Runner& loser = hedge_wins ? race.first : race.second;
  if (runs(loser)) loser.cancel.Cancel();
  co_await race.WaitFor(loser);
  // Answers that both came at once: one is enough.
  if (answered(loser)) {
    loser.result->usage = loser.result->response->usage();
    loser.result->answer_bytes = loser.result->response->answer_bytes();
    loser.result->response.reset();
    loser.result->cancelled = true;
  }

  if (caller_->gone->cancelled()) {
    NoteEnd(race.first, call.get(), verdict, {});
    if (race.second.started) NoteEnd(race.second, hedge_call.get(), hedge_verdict, "hedge");
    co_return std::nullopt;
  }
  if (!race.second.started) {
    co_return Settle(step, std::move(call), verdict, race.first.begin,
                     *std::move(race.first.result), {});
  }
  if (answered(race.first) && !hedge_wins) {
    NoteEnd(race.second, hedge_call.get(), hedge_verdict, "hedge");
    const Step next =
        Settle(step, std::move(call), verdict, race.first.begin, *std::move(race.first.result), {});
    // Its hedge was the fallback's attempt already: the element itself makes no other.
    answer_.was_hedged = true;
    co_return next;
  }
  NoteEnd(race.first, call.get(), verdict, {});
  if (record_ != nullptr) {
    CallAnswer was_slow;
    was_slow.error = ErrorClass::kTimeout;
    was_slow.no_retry = true;
    record_->NoteCall(step, *program_, was_slow);
  }
  if (!race.first.result->cancelled) failure_ = race.first.result->failure;
  execution_->Rewind(*at_hedge);
  call_ordinal_ = hedge_step.ordinal;
  co_return Settle(hedge_step, std::move(hedge_call), hedge_verdict, race.second.begin,
                   *std::move(race.second.result), "hedge");
}

void FlowRun::NoteEnd(const AttemptRace::Runner& runner, ModelCall* call, HealthVerdict verdict,
                      std::string_view kind) {
  const AttemptResult& result = *runner.result;
  const bool failed = result.response == nullptr && !result.cancelled;
  NoteAttempt(ElementOf(call->spec()), *call, result, runner.begin, kind);
  ChargeFailed(call, result);
  call->ReportHealth(verdict, failed ? std::optional(result.failure.error) : std::nullopt,
                     result.cancelled);
}

Step FlowRun::Settle(const CallStep& step, std::unique_ptr<ModelCall> call, HealthVerdict verdict,
                     net::TimePoint begin, AttemptResult result, std::string_view kind) {
  const bool answered = result.response != nullptr && !result.cancelled;
  if (kind.empty() && continued() != nullptr) {
    kind = call->continues_prefix() ? "continues" : "begins_afresh";
  }
  const size_t entry = NoteAttempt(ElementOf(call->spec()), *call, result, begin, kind);
  call->ReportHealth(verdict, answered ? std::nullopt : std::optional(result.failure.error),
                     result.cancelled);
  CallAnswer answer;
  answer.random = worker_->random.Next();
  if (!answered) ChargeFailed(call.get(), result);
  if (answered) {
    // A later model's answer takes the place of an earlier one, which was paid for all the same.
    Charge(&answer_);
    answer_.is_charged = false;
    answer_.held = std::move(result.response);
    answer_.call = std::move(call);
    answer_.step = std::to_string(step.ordinal);
    answer_.log_entry = entry;
    answer_.was_hedged = false;
    answer_.mark = execution_->Mark();
  } else {
    answer.error = result.failure.error;
    answer.retry_after_ms = result.failure.retry_after_ms;
    // Some providers say themselves that asking again is of no use.
    answer.no_retry = result.failure.should_retry == false;
    answer.deadline_passed = net::Clock::now() >= deadline_;
    failure_ = std::move(result.failure);
    // The next attempt sends the same bytes.
    call_ = std::move(call);
  }
  if (record_ != nullptr) record_->NoteCall(step, *program_, answer);
  return execution_->ResumeCall(answer);
}

Step FlowRun::Skip(const CallStep& step, ModelCall* call) {
  call->NoteSkipped();
  Failure failure;
  failure.error = ErrorClass::kOverloaded;
  failure.upstream_status = 503;
  failure.type = "server_error";
  failure.code = "provider_cooling";
  failure.message = "the model `" + call->spec().model + "` of provider `" +
                    std::string(call->provider_slug()) +
                    "` failed repeatedly and is left alone for a while";
  AttemptResult skipped;
  skipped.failure = failure;
  NoteAttempt(ElementOf(call->spec()), *call, skipped, net::Clock::now(), "skipped");
  failure_ = std::move(failure);
  CallAnswer answer;
  answer.error = ErrorClass::kOverloaded;
  answer.no_retry = true;
  answer.random = worker_->random.Next();
  if (record_ != nullptr) record_->NoteCall(step, *program_, answer);
  return execution_->ResumeCall(answer);
}

size_t FlowRun::NoteAttempt(std::string_view element, const ModelCall& call,
                            const AttemptResult& result, net::TimePoint begin,
                            std::string_view kind) {
  std::string_view error_class;
  if (result.cancelled) {
    error_class = "cancelled";
  } else if (result.response == nullptr) {
    error_class = ErrorClassName(result.failure.error);
  }
  return log_->AddAttempt(element, call.provider_slug(), call.spec().model, result.status,
                          error_class, kind, MillisecondsSince(begin));
}

void FlowRun::NoteBroken() {
  log_->BreakAttempt(answer_.log_entry);
  answer_.call->ReportHealth(HealthVerdict::kHealthy, ErrorClass::kStream, /*cancelled=*/false);
}

void FlowRun::Charge(FlowAnswer* answer) {
  if (answer->held == nullptr || answer->is_charged) return;
  answer->is_charged = true;
  if (!spending_.has_value() || !spending_->counts()) return;
  ModelCall& call = *answer->call;
  spending_->Charge(call.claim(), call.provider_slug(), call.spec().model, answer->held->usage(),
                    caller_->body.size(), answer->held->answer_bytes(),
                    absl::GetCurrentTimeNanos());
}

void FlowRun::ChargeFailed(ModelCall* call, const AttemptResult& result) {
  if (!spending_.has_value()) return;
  const bool used_tokens = result.usage.has_value() || result.answer_bytes > 0;
  if (!used_tokens || !spending_->counts()) {
    spending_->Release(call->claim());
    return;
  }
  spending_->Charge(call->claim(), call->provider_slug(), call->spec().model, result.usage,
                    caller_->body.size(), result.answer_bytes, absl::GetCurrentTimeNanos());
}

FlowResult FlowRun::Finish(const FinishStep& step) {
  FlowResult result;
  const std::string route(program_->route_name());
  if (record_ != nullptr) record_->NoteEnd(step, *program_, version_);
  switch (step.kind) {
    case FinishStep::Kind::kResponse:
      break;
    case FinishStep::Kind::kFailure:
      result.error = ErrorOf(*failure_);
      result.outcome = "failure";
      break;
    case FinishStep::Kind::kLimited:
      result.error =
          LimitedError(route, program_->ElementName(program_->parts().limits[step.limit].element),
                       step.retry_after_ms);
      result.outcome = "limited";
      break;
    case FinishStep::Kind::kNoModelResponse:
      result.error =
          ServerError("route `" + route + "` ended without calling a model", "no_model_response");
      result.outcome = "no_model_response";
      break;
    case FinishStep::Kind::kMisuse:
      result.error =
          ServerError("the gateway answered a step of the flow out of turn", "internal_error");
      result.outcome = "internal_error";
      break;
  }
  return result;
}

std::string_view FlowRun::ElementOf(const ModelSpec& spec) const {
  return program_ == nullptr ? std::string_view() : program_->ElementName(spec.element);
}

}  // namespace junctor::engine
