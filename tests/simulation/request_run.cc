#include "tests/simulation/request_run.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "engine/limits/gateway_limits.h"
#include "runtime/program/retry_rules.h"

namespace junctor::simulation {
namespace {

// Most limits that are asked ahead, as in engine/gateway/flow_limits.
constexpr size_t kMaxAskedAhead = 16;

// What a request may be answered: for traces.
enum AnswerKind : uint64_t { kRateLimited, kNoAnswer, kFailureAnswer, kWholeAnswer, kBrokenAnswer };

// A number of 64 bits from two.
constexpr uint64_t Pack(uint64_t number, uint64_t wait) {
  return (number << 32) | (wait & 0xffffffff);
}

uint64_t WindowOf(const engine::LimitTicket& ticket) {
  return static_cast<const SimTicket*>(ticket.remote())->window;
}

bool CountsModel(const engine::SpendRule& rule, std::string_view model) {
  return rule.models.empty() ||
         std::find(rule.models.begin(), rule.models.end(), model) != rule.models.end();
}

}  // namespace

RequestRun::RequestRun(Context* context, const Plan* plan, const RequestPlan* request,
                       const Metadata* metadata, RequestHost* host, Runs* runs)
    : context_(context),
      plan_(plan),
      request_plan_(request),
      host_(host),
      runs_(runs),
      arrived_(context->clock.now()),
      random_(request->seed) {
  if (request->leaves_after.has_value()) leaves_at_ = arrived_ + *request->leaves_after;
  request_.metadata = metadata;
  request_.body_bytes = request->body_bytes;
  request_.unix_seconds = arrived_ / kSecond;
  prices_.table = &SimPrices();
  const engine::GatewayRateLimit& rate = plan->gateway.rate_limit;
  rate_is_open_ = rate.acts();
  rate_.technique = rate.technique;
  rate_.limit = rate.limit;
  rate_.window_seconds = rate.interval_seconds;
}

RequestRun::~RequestRun() {
  // The gateway is dead: what this still tells it has no effect.
  task_.reset();
}

void RequestRun::Start() {
  context_->trace.Note(What::kArrive, request_plan_->number, request_plan_->gateway,
                       request_plan_->caller);
  const LiveRoute live = host_->Live(request_plan_->route);
  program_ = live.program;
  revision_ = live.revision;
  context_->trace.Note(What::kVersion, request_plan_->number, request_plan_->route, revision_);
  const uint32_t deadline_ms = program_->parts().deadline_ms;
  if (deadline_ms != 0) deadline_ = arrived_ + Time{deadline_ms} * kMillisecond;
  execution_.emplace(program_, &request_);
  spending_.emplace(host_->backend(), prices_, std::nullopt,
                    engine::SpendLimits(&plan_->gateway, kGateway, request_.metadata));
  task_.emplace(Run());
  Runs* const runs = runs_;
  const size_t number = request_plan_->number;
  task_->Start();
  if (!has_crashed_) (*runs)[number].reset();
}

void RequestRun::Wake(Runs* runs, size_t number, uint64_t wait) {
  RequestRun* const run = (*runs)[number].get();
  if (run == nullptr || (run->wait_ & 0xffffffff) != wait || !run->waiting_) return;
  std::exchange(run->waiting_, nullptr).resume();
  if (!run->has_crashed_) (*runs)[number].reset();
}

void RequestRun::WakeAt(Time time, uint64_t wait) {
  context_->clock.At(time, random_.Next(),
                     [runs = runs_, packed = Pack(request_plan_->number, wait)] {
                       Wake(runs, packed >> 32, packed & 0xffffffff);
                     });
}

void RequestRun::Sleep::await_suspend(std::coroutine_handle<> handle) {
  run->waiting_ = handle;
  run->WakeAt(std::min(until, run->leaves_at_), ++run->wait_);
}

bool RequestRun::Sleep::await_resume() const noexcept { return !run->has_left(); }

void RequestRun::AskBatch::await_suspend(std::coroutine_handle<> handle) {
  run->waiting_ = handle;
  const uint64_t wait = ++run->wait_;
  run->context_->trace.Note(What::kBatch, run->request_plan_->number, batch->size());
  batch->done = [runs = run->runs_, context = run->context_,
                 packed = Pack(run->request_plan_->number, wait)] {
    context->clock.At(context->clock.now(), packed,
                      [runs, packed] { Wake(runs, packed >> 32, packed & 0xffffffff); });
  };
  run->host_->backend()->Begin(batch);
}

Time RequestRun::ask_time() const {
  if (context_->broken != Break::kStaleTime) return host_->now();
  return host_->now() - context_->clock.now() + arrived_;
}

Task<bool> RequestRun::Run() {
  const bool stays = co_await Drive(execution_->Start());
  if (!stays) {
    context_->trace.Note(What::kLeft, request_plan_->number);
  } else if (is_rate_refused_) {
    AnswerCaller(kRateLimited);
  } else {
    const auto& finish = std::get<FinishStep>(last_step_);
    if (finish.kind == FinishStep::Kind::kMisuse) context_->Fail("a step is answered out of turn");
    if (finish.kind == FinishStep::Kind::kResponse) {
      if (!answer_.is_there) context_->Fail("a run ends with a response that is not there");
      co_await SendAnswer();
    } else {
      AnswerCaller(finish.kind == FinishStep::Kind::kFailure ? kFailureAnswer : kNoAnswer);
    }
  }
  Finish();
  co_return true;
}

void RequestRun::AnswerCaller(uint64_t kind) {
  ++answers_;
  if (context_->broken == Break::kAnswerTwice && request_plan_->number % 64 == 63) ++answers_;
  context_->trace.Note(What::kAnswer, request_plan_->number, kind);
}

// Charges what is left, frees what is held, and closes the books of this request.
void RequestRun::Finish() {
  Charge(&answer_);
  spending_.reset();
  has_crashed_ = false;
  const std::string name = "request " + std::to_string(request_plan_->number);
  if (answers_ > 1) context_->Fail(name + " is answered " + std::to_string(answers_) + " times");
  if (answers_ == 0 && !has_left()) context_->Fail(name + " is not answered");
  for (const Record& record : records_) {
    if (record.charges != (record.expects_charge ? 1u : 0u)) {
      context_->Fail(name + " charges an attempt " + std::to_string(record.charges) + " times");
    }
  }
}

Task<bool> RequestRun::Drive(Step step) {
  while (true) {
    if (!TryAnswerUntilCall(&step)) step = co_await AnswerUntilCall(std::move(step));
    const auto* call = std::get_if<CallStep>(&step);
    if (call == nullptr || is_rate_refused_) break;
    const CallStep call_step = *call;
    if (has_left()) co_return false;
    std::optional<Step> next = co_await CallModel(call_step);
    if (!next.has_value()) co_return false;
    step = *std::move(next);
  }
  last_step_ = step;
  co_return !has_left();
}

engine::LimitAsk RequestRun::RateAsk() const {
  engine::LimitAsk ask;
  ask.name = {kGateway, engine::kGatewayLimitRoute, engine::kGatewayRateElement};
  ask.spec = &rate_;
  return ask;
}

engine::LimitAsk RequestRun::AskOf(const LimitStep& step) {
  const Program* program = program_.get();
  size_t revision = revision_;
  LiveRoute live;
  if (context_->broken == Break::kTwoVersions) {
    live = host_->Live(request_plan_->route);
    if (live.program->parts().limits.size() > step.limit) {
      program = live.program.get();
      revision = live.revision;
    }
  }
  if (revision != revision_ || &execution_->program() != program) {
    context_->Fail("request " + std::to_string(request_plan_->number) + " began with revision " +
                   std::to_string(revision_) + " and is limited by " + std::to_string(revision));
  }
  engine::LimitAsk ask = NameOf(step);
  ask.key = step.key;
  ask.lease_ns = plan_->hold_lease;
  if (ask.spec->reserve) {
    for (const ModelSpec& model : program_->parts().models) {
      ask.estimate = std::max(ask.estimate, BoundOf(model));
    }
  }
  return ask;
}

engine::LimitAsk RequestRun::NameOf(const LimitStep& step) const {
  const LimitSpec& spec = program_->parts().limits[step.limit];
  engine::LimitAsk ask;
  ask.name = {kGateway, program_->route_name(), program_->ElementName(spec.element)};
  ask.spec = &spec;
  return ask;
}

uint64_t RequestRun::BoundOf(const ModelSpec& spec) const {
  return spending_->BoundOf(
      spec.provider, spec.model,
      engine::SizeOfCall(request_plan_->body_bytes, request_plan_->max_tokens), ask_time(),
      plan_->hold_lease);
}

void RequestRun::Begin(const ModelSpec& spec, engine::CallClaim* claim) {
  spending_->Begin(BoundOf(spec), claim);
}

bool RequestRun::HasPassed(const LimitStep& step) const {
  return std::find(passed_limits_.begin(), passed_limits_.end(), step.limit) !=
         passed_limits_.end();
}

LimitAnswer RequestRun::NoteVerdict(const LimitStep& step, const engine::LimitAsk& asked,
                                    engine::LimitVerdict* verdict) {
  if (verdict->answer.admitted) passed_limits_.push_back(step.limit);
  if (verdict->ticket) {
    passed_.push_back(WindowOf(verdict->ticket));
    engine::LimitAsk lasting = NameOf(step);
    lasting.key = asked.key;
    lasting.estimate = asked.estimate;
    lasting.lease_ns = asked.lease_ns;
    spending_->Add(lasting, std::move(verdict->ticket), ask_time());
  }
  return verdict->answer;
}

std::vector<RequestRun::CallAsk> RequestRun::OpenAsks(const CallStep& step) {
  std::vector<CallAsk> open;
  const ModelSpec& spec = SpecOf(step);
  for (engine::SpendLimits::Entry* entry :
       spending_->rules().EntriesOf(spec.provider, spec.model)) {
    if (entry->admitted_ordinal == step.ordinal) continue;
    open.push_back({spending_->rules().AskOf(*entry), entry, std::nullopt});
  }
  if (context_->broken == Break::kNoTopUp) return open;
  for (engine::TopUp& top_up : spending_->MissingFor(BoundOf(spec), ask_time())) {
    open.push_back({top_up.ask, nullptr, top_up});
  }
  return open;
}

std::optional<Step> RequestRun::NoteCallVerdict(const CallStep& step, const CallAsk& asked,
                                                engine::LimitVerdict* verdict) {
  if (!verdict->answer.admitted) return RefuseCall(step);
  if (asked.rule == nullptr) {
    spending_->AddHold(*asked.top_up, std::move(verdict->ticket), ask_time());
    return std::nullopt;
  }
  engine::SpendLimits::Entry* const entry = asked.rule;
  entry->ticket = std::move(verdict->ticket);
  entry->admitted_ordinal = step.ordinal;
  if (!entry->ticket) return std::nullopt;
  std::erase_if(rules_, [entry](const Rule& rule) { return rule.rule == entry->rule; });
  rules_.push_back({WindowOf(entry->ticket), entry->rule});
  return std::nullopt;
}

Step RequestRun::RefuseCall(const CallStep&) {
  failure_ = ErrorClass::kQuota;
  CallAnswer answer;
  answer.error = ErrorClass::kQuota;
  answer.no_retry = true;
  answer.random = random_.Next();
  return execution_->ResumeCall(answer);
}

bool RequestRun::TryAnswerUntilCall(Step* step) {
  engine::LimitBackend* const backend = host_->backend();
  if (rate_is_open_) {
    engine::LimitVerdict verdict;
    if (!backend->Ask(RateAsk(), ask_time(), &verdict)) return false;
    rate_is_open_ = false;
    is_rate_refused_ = !verdict.answer.admitted;
  }
  while (!is_rate_refused_) {
    engine::LimitVerdict verdict;
    if (const auto* limit = std::get_if<LimitStep>(step)) {
      const LimitStep asked = *limit;
      if (HasPassed(asked)) {
        *step = execution_->ResumeLimit(LimitAnswer());
        continue;
      }
      const engine::LimitAsk ask = AskOf(asked);
      if (!backend->Ask(ask, ask_time(), &verdict)) return false;
      *step = execution_->ResumeLimit(NoteVerdict(asked, ask, &verdict));
    } else if (std::holds_alternative<DrawStep>(*step)) {
      *step = execution_->ResumeDraw(random_.Next());
    } else if (const auto* call = std::get_if<CallStep>(step)) {
      const CallStep reached = *call;
      std::optional<Step> refused;
      for (const CallAsk& open : OpenAsks(reached)) {
        engine::LimitVerdict of_call;
        if (!backend->Ask(open.ask, ask_time(), &of_call)) return false;
        refused = NoteCallVerdict(reached, open, &of_call);
        if (refused.has_value()) break;
      }
      if (!refused.has_value()) return true;
      *step = *std::move(refused);
    } else {
      return true;
    }
  }
  return true;
}

Task<Step> RequestRun::AnswerUntilCall(Step step) {
  while (true) {
    step = co_await AskAhead(std::move(step));
    if (TryAnswerUntilCall(&step)) co_return step;
  }
}

Task<Step> RequestRun::AskAhead(Step step) {
  struct Asked {
    Execution::Checkpoint before;
    LimitStep limit;
  };
  auto batch = std::make_shared<engine::LimitBatch>();
  batch->unix_nanoseconds = ask_time();
  const bool asks_rate = rate_is_open_;
  if (asks_rate) batch->Add(RateAsk());
  std::vector<Asked> asked;
  while (true) {
    if (const auto* limit = std::get_if<LimitStep>(&step)) {
      if (HasPassed(*limit)) {
        step = execution_->ResumeLimit(LimitAnswer());
        continue;
      }
      if (asked.size() == kMaxAskedAhead) break;
      asked.push_back({execution_->Mark(), *limit});
      batch->Add(AskOf(*limit));
      step = execution_->ResumeLimit(LimitAnswer());
    } else if (std::holds_alternative<DrawStep>(step)) {
      step = execution_->ResumeDraw(random_.Next());
    } else {
      break;
    }
  }
  std::vector<CallAsk> open;
  if (const auto* call = std::get_if<CallStep>(&step)) open = OpenAsks(*call);
  for (const CallAsk& one : open) batch->Add(one.ask);
  if (batch->size() == 0) co_return step;
  AskBatch answered{this, batch};
  co_await answered;
  context_->trace.Note(What::kBatchAnswered, request_plan_->number, batch->verdicts.size());

  size_t next = 0;
  if (asks_rate) {
    rate_is_open_ = false;
    is_rate_refused_ = !batch->verdicts[next++].answer.admitted;
    if (is_rate_refused_) co_return step;
  }
  for (const Asked& one : asked) {
    engine::LimitVerdict& verdict = batch->verdicts[next];
    const LimitAnswer answer = NoteVerdict(one.limit, batch->ask(next++), &verdict);
    if (answer.admitted) continue;
    execution_->Rewind(one.before);
    co_return execution_->ResumeLimit(answer);
  }
  for (const CallAsk& one : open) {
    const CallStep reached = std::get<CallStep>(step);
    std::optional<Step> refused = NoteCallVerdict(reached, one, &batch->verdicts[next++]);
    if (refused.has_value()) co_return *std::move(refused);
  }
  co_return step;
}

Attempt RequestRun::Draw(const ModelSpec& spec) {
  return DrawAttempt(plan_->providers, spec, request_plan_->body_bytes, request_plan_->max_tokens,
                     &random_);
}

Time RequestRun::FirstOf(const ModelSpec& spec, const Attempt& attempt, Time sent) const {
  // Of an answer that is held nobody sees a part before it is whole (R22).
  const bool is_held =
      spec.on_stream_failure == StreamFailurePolicy::kHold && !attempt.error.has_value();
  return sent + (is_held ? attempt.end : attempt.first_token);
}

Task<std::optional<Step>> RequestRun::CallModel(CallStep step) {
  const ModelSpec& spec = SpecOf(step);
  if (step.delay_ms > 0) {
    const Time begin = context_->clock.now() + Time{step.delay_ms} * kMillisecond;
    if (begin >= deadline_) {
      CallAnswer answer;
      answer.error = failure_.value_or(ErrorClass::kTimeout);
      answer.deadline_passed = true;
      co_return execution_->ResumeCall(answer);
    }
    if (!co_await SleepUntil(begin)) co_return std::nullopt;
  }
  context_->trace.Note(What::kCall, request_plan_->number, step.model, step.ordinal, step.attempt);
  const Attempt attempt = Draw(spec);
  if (spec.hedge_after_ms != 0) co_return co_await CallHedged(step, attempt);
  Result result;
  result.attempt = attempt;
  result.sent = context_->clock.now();
  Begin(spec, &result.claim);
  const bool stays = co_await SleepUntil(std::min(FirstOf(spec, attempt, result.sent), deadline_));
  result.cancelled = !stays;
  Step next = Settle(step, result);
  if (!stays) co_return std::nullopt;
  co_return next;
}

// As FlowRun::CallHedged: the call that the fallback leads to is begun beside a slow one.
Task<std::optional<Step>> RequestRun::CallHedged(CallStep step, Attempt first_attempt) {
  const ModelSpec& spec = SpecOf(step);
  Result first;
  first.attempt = first_attempt;
  first.sent = context_->clock.now();
  Begin(spec, &first.claim);
  const Time first_ends = std::min(FirstOf(spec, first_attempt, first.sent), deadline_);
  const Time hedge_at = first.sent + Time{spec.hedge_after_ms} * kMillisecond;
  co_await SleepUntil(std::min(first_ends, hedge_at));
  const Execution::Checkpoint before = execution_->Mark();
  std::optional<Execution::Checkpoint> at_hedge;
  CallStep hedge_step;
  Result second;
  Time second_ends = INT64_MAX;
  if (first_ends > context_->clock.now() && LeadsToFallback(spec, ErrorClass::kTimeout) &&
      !has_left()) {
    CallAnswer as_if_failed;
    as_if_failed.error = ErrorClass::kTimeout;
    as_if_failed.no_retry = true;
    Step reached = execution_->ResumeCall(as_if_failed);
    if (!TryAnswerUntilCall(&reached)) reached = co_await AnswerUntilCall(std::move(reached));
    if (const auto* reached_call = std::get_if<CallStep>(&reached)) {
      hedge_step = *reached_call;
      at_hedge = execution_->Mark();
      second.attempt = Draw(SpecOf(hedge_step));
      second.sent = context_->clock.now();
      Begin(SpecOf(hedge_step), &second.claim);
      second_ends = std::min(FirstOf(SpecOf(hedge_step), second.attempt, second.sent), deadline_);
      context_->trace.Note(What::kHedge, request_plan_->number, hedge_step.model);
    }
    execution_->Rewind(before);
  }
  const bool has_second = at_hedge.has_value();
  const auto will_answer = [this](const ModelSpec& its, const Result& result, Time ends) {
    const bool breaks_held =
        its.on_stream_failure == StreamFailurePolicy::kHold && result.attempt.breaks;
    return !result.attempt.error.has_value() && !breaks_held && ends < deadline_;
  };
  const bool first_answers = will_answer(spec, first, first_ends);
  const bool second_answers = has_second && will_answer(SpecOf(hedge_step), second, second_ends);
  // The first token wins; where one call fails, the other is all there is.
  Time over = has_second ? std::max(first_ends, second_ends) : first_ends;
  if (first_answers) over = std::min(over, first_ends);
  if (second_answers) over = std::min(over, second_ends);
  co_await SleepUntil(std::max(over, context_->clock.now()));
  const Time now = context_->clock.now();
  if (has_left()) {
    first.cancelled = now < first_ends || first_answers;
    ChargeFailed(spec, &first);
    if (has_second) {
      second.cancelled = now < second_ends || second_answers;
      ChargeFailed(SpecOf(hedge_step), &second);
    }
    co_return std::nullopt;
  }
  if (!has_second) co_return Settle(step, first);
  const bool first_is_there = first_answers && now >= first_ends;
  if (first_is_there) {
    second.cancelled = now < second_ends || second_answers;
    ChargeFailed(SpecOf(hedge_step), &second);
    const Step next = Settle(step, first);
    answer_.was_hedged = true;
    co_return next;
  }
  first.cancelled = now < first_ends;
  ChargeFailed(spec, &first);
  execution_->Rewind(*at_hedge);
  co_return Settle(hedge_step, second);
}

Step RequestRun::Settle(const CallStep& step, Result result) {
  const ModelSpec& spec = SpecOf(step);
  const Time now = context_->clock.now();
  CallAnswer answer;
  answer.random = random_.Next();
  const bool is_held = spec.on_stream_failure == StreamFailurePolicy::kHold;
  if (!result.attempt.error.has_value() && is_held && result.attempt.breaks) {
    result.attempt.error = ErrorClass::kStream;
  }
  if (!result.attempt.error.has_value() && now >= deadline_) {
    result.attempt.error = ErrorClass::kTimeout;
  }
  if (!result.attempt.error.has_value() && !result.cancelled) {
    context_->trace.Note(What::kFirstToken, request_plan_->number, step.model);
    // A later model's answer takes the place of an earlier one, which was paid for all the same.
    Charge(&answer_);
    answer_ = Answer();
    answer_.is_there = true;
    answer_.spec = &spec;
    answer_.attempt = result.attempt;
    answer_.sent = result.sent;
    answer_.claim = result.claim;
    answer_.record = records_.size();
    answer_.mark = execution_->Mark();
    records_.push_back({spending_->counts(), 0});
    return execution_->ResumeCall(answer);
  }
  ChargeFailed(spec, &result);
  answer.error = result.attempt.error.value_or(ErrorClass::kTimeout);
  answer.retry_after_ms = result.attempt.retry_after_ms;
  answer.no_retry = result.attempt.no_retry;
  answer.deadline_passed = now >= deadline_;
  failure_ = answer.error;
  context_->trace.Note(What::kFailed, request_plan_->number, static_cast<uint64_t>(*answer.error),
                       result.attempt.tells_usage ? 1 : 0);
  return execution_->ResumeCall(answer);
}

void RequestRun::ChargeFailed(const ModelSpec& spec, Result* result) {
  // A call that is given up has told its usage with its first token or not at all.
  const bool began = context_->clock.now() >= result->sent + result->attempt.first_token;
  const bool told =
      result->cancelled ? result->attempt.tells_early && began : result->attempt.tells_usage;
  records_.push_back({told && spending_->counts(), 0});
  if (records_.back().expects_charge) {
    ChargeOnce(spec, &result->claim, result->attempt.usage, 0, records_.size() - 1);
  } else {
    spending_->Release(&result->claim);
  }
}

void RequestRun::Charge(Answer* answer) {
  if (!answer->is_there || answer->is_charged) return;
  answer->is_charged = true;
  if (!records_[answer->record].expects_charge) {
    // What was passed since, this answer is charged to as well.
    if (!spending_->counts()) return;
    records_[answer->record].expects_charge = true;
  }
  const Attempt& attempt = answer->attempt;
  const Time length = attempt.end - attempt.first_token;
  const Time passed =
      std::clamp<Time>(context_->clock.now() - answer->sent - attempt.first_token, 0, length);
  const bool is_whole = passed == length;
  const bool told = is_whole ? attempt.tells_usage : attempt.tells_early;
  // In permille: all that a model of so little needs.
  const auto part = length == 0 ? uint64_t{1000} : static_cast<uint64_t>(passed * 1000 / length);
  ChargeOnce(*answer->spec, &answer->claim, told ? std::optional(attempt.usage) : std::nullopt,
             attempt.answer_bytes * part / 1000, answer->record);
}

void RequestRun::ChargeOnce(const ModelSpec& spec, engine::CallClaim* claim,
                            const std::optional<engine::Usage>& usage, uint64_t answer_bytes,
                            size_t record) {
  context_->charged.clear();
  const uint64_t input =
      usage.has_value() ? *usage->input : engine::EstimateTokens(request_plan_->body_bytes);
  const uint64_t output = usage.has_value() ? *usage->output : engine::EstimateTokens(answer_bytes);
  const engine::CallClaim claimed = *claim;
  // Where the provider keeps to what it was allowed, and no lease can have ended.
  context_->must_be_held =
      !plan_->providers.exceeds_max_tokens && context_->clock.now() < arrived_ + plan_->hold_lease;
  spending_->Charge(claim, spec.provider, spec.model, usage, request_plan_->body_bytes,
                    answer_bytes, host_->now());
  context_->must_be_held = false;
  ++records_[record].charges;
  uint64_t cost = SimCost(spec.model, input, output);
  // What is only estimated does not break what is held.
  if (!usage.has_value() && claimed.bound > 0) cost = std::min(cost, claimed.bound);
  CheckCharged(spec, claimed, cost);
}

// Every cost limit that the request had passed when the call began was charged all of it, and no
// other.
void RequestRun::CheckCharged(const ModelSpec& spec, const engine::CallClaim& claim,
                              uint64_t cost) {
  const std::string name = "request " + std::to_string(request_plan_->number);
  if (!plan_->providers.exceeds_max_tokens && cost > claim.bound) {
    context_->Fail(name + " is charged " + std::to_string(cost) + " for a call of at most " +
                   std::to_string(claim.bound));
  }
  std::vector<uint64_t> expected(passed_.begin(),
                                 passed_.begin() + static_cast<std::ptrdiff_t>(claim.limits));
  for (const Rule& rule : rules_) {
    if (CountsModel(*rule.rule, spec.model)) expected.push_back(rule.window);
  }
  std::map<uint64_t, uint64_t> sums;  // one hold may not have had room for all of a charge
  for (const Context::Charged& one : context_->charged) sums[one.window] += one.amount;
  std::vector<uint64_t> charged;
  for (const auto& [window, amount] : sums) {
    charged.push_back(window);
    if (amount != cost) {
      context_->Fail(name + " is charged " + std::to_string(amount) + " instead of " +
                     std::to_string(cost));
    }
  }
  std::sort(expected.begin(), expected.end());
  std::sort(charged.begin(), charged.end());
  if (expected != charged) {
    context_->Fail(name + " passed " + std::to_string(expected.size()) +
                   " cost limits and charged " + std::to_string(charged.size()));
  }
}

Task<bool> RequestRun::SendAnswer() {
  while (true) {
    const Attempt attempt = answer_.attempt;
    const bool stays = co_await SleepUntil(answer_.sent + attempt.end);
    if (!stays) {
      // Its part of the answer is all that the caller gets.
      context_->trace.Note(What::kLeft, request_plan_->number);
      co_return false;
    }
    if (!attempt.breaks) {
      AnswerCaller(kWholeAnswer);
      co_return true;
    }
    context_->trace.Note(What::kBroken, request_plan_->number);
    if (answer_.spec->on_stream_failure != StreamFailurePolicy::kContinue) break;
    if (!co_await GoOn()) break;
    if (has_left()) co_return false;
  }
  AnswerCaller(kBrokenAnswer);
  co_return true;
}

// As FlowRun::GoOn. False: the stream ends with the error.
Task<bool> RequestRun::GoOn() {
  const Execution::Checkpoint mark = *answer_.mark;
  const bool was_hedged = answer_.was_hedged;
  Charge(&answer_);
  answer_ = Answer();
  deadline_ = INT64_MAX;
  failure_ = ErrorClass::kStream;
  execution_->Rewind(mark);
  CallAnswer broke;
  broke.error = ErrorClass::kStream;
  broke.no_retry = was_hedged;
  broke.random = random_.Next();
  const bool stays = co_await Drive(execution_->ResumeCall(broke));
  if (!stays) co_return true;
  co_return answer_.is_there && !is_rate_refused_;
}

}  // namespace junctor::simulation
