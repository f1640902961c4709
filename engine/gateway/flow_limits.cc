// The limits on a flow's path: those of the route's elements, and the gateway's own. At once where
// they stand in memory; in one round trip for the whole path where a shared store has them.
#include <algorithm>
#include <utility>
#include <variant>

#include "absl/time/clock.h"
#include "engine/gateway/flow_run.h"
#include "engine/gateway/limit_wait.h"

namespace junctor::engine {
namespace {

// Most limits of elements that are asked in one round trip; a path with more takes another.
constexpr size_t kMaxAskedAhead = 16;

// How a limit of the route refuses a further call of a request that it let pass.
GatewayRefusal BudgetRefusal(std::string_view route, std::string_view element,
                             uint64_t retry_after_ms) {
  GatewayRefusal refusal;
  refusal.retry_after = std::to_string(std::max<uint64_t>((retry_after_ms + 999) / 1000, 1));
  refusal.message = "the limit `" + std::string(element) + "` of route `" + std::string(route) +
                    "` has too little left for another call; try again in " + refusal.retry_after +
                    " s";
  refusal.type = "rate_limit_error";
  refusal.code = "rate_limit_exceeded";
  return refusal;
}

}  // namespace

Step FlowRun::AnswerDraw(const DrawStep& step) {
  const uint64_t number = worker_->random.Next();
  if (record_ != nullptr) {
    const SplitSpec& spec = program_->parts().splits[step.split];
    record_->NoteDraw(program_->ElementName(spec.element), number);
  }
  return execution_->ResumeDraw(number);
}

Spending& FlowRun::spending() {
  if (!spending_.has_value()) {
    const Shared& shared = *worker_->shared;
    const GatewayView* gateway = limits_ == nullptr ? nullptr : limits_->gateway();
    spending_.emplace(shared.limits, caller_->scope->PricesOver(shared.prices), custom_cost_,
                      SpendLimits(gateway, caller_->scope->id, metadata_));
  }
  return *spending_;
}

LimitAsk FlowRun::NameOf(const LimitStep& step) const {
  const LimitSpec& spec = program_->parts().limits[step.limit];
  LimitAsk ask;
  ask.name = {caller_->scope->id, program_->route_name(), program_->ElementName(spec.element)};
  ask.spec = &spec;
  return ask;
}

LimitAsk FlowRun::AskOf(const LimitStep& step) {
  LimitAsk ask = NameOf(step);
  ask.key = step.key;
  if (ask.spec->reserve) {
    // For one call, whichever it will be. Those that come besides ask for theirs.
    ask.lease_ns = HoldLeaseOf(program_->parts(), kHoldLeaseNs);
    for (const ModelSpec& model : program_->parts().models) {
      ask.estimate = std::max(ask.estimate, BoundOf(model, log_->unix_nanoseconds()));
    }
  }
  return ask;
}

uint64_t FlowRun::BoundOf(const ModelSpec& spec, int64_t unix_nanoseconds) {
  if (!size_.has_value()) size_ = SizeOfCall(caller_->body.size(), *caller_->index);
  CallSize size = WithParams(*size_, spec.params);
  const auto provider = worker_->providers.Find(spec.provider, caller_->scope->directory.get());
  std::string_view slug = spec.provider;
  if (provider != nullptr) {
    slug = provider->record->slug;
    size.default_max_tokens = provider->record->settings.default_max_tokens;
  }
  if (continued() != nullptr) size.input_tokens += continued()->text().size();
  return spending().BoundOf(slug, spec.model, size, unix_nanoseconds,
                            HoldLeaseOf(program_->parts(), kHoldLeaseNs));
}

void FlowRun::BeginCall(ModelCall* call) {
  if (!spending_.has_value()) return;
  const uint64_t bound =
      spending_->reserves() ? BoundOf(call->spec(), absl::GetCurrentTimeNanos()) : 0;
  spending_->Begin(bound, call->claim());
}

std::string_view FlowRun::SlugOf(const ModelSpec& spec) const {
  const auto provider = worker_->providers.Find(spec.provider, caller_->scope->directory.get());
  return provider == nullptr ? std::string_view(spec.provider) : provider->record->slug;
}

bool FlowRun::HasPassed(const LimitStep& step) const {
  return std::find(passed_limits_.begin(), passed_limits_.end(), step.limit) !=
         passed_limits_.end();
}

LimitAnswer FlowRun::PassAgain(const LimitStep& step) {
  if (record_ != nullptr) {
    record_->NoteLimit(program_->ElementName(program_->parts().limits[step.limit].element),
                       LimitAnswer());
  }
  return LimitAnswer();
}

LimitAnswer FlowRun::NoteVerdict(const LimitStep& step, const LimitAsk& asked,
                                 LimitVerdict* verdict) {
  log_->rate_limit().Note(program_->parts().limits[step.limit], *verdict);
  if (verdict->answer.admitted) passed_limits_.push_back(step.limit);
  if (verdict->ticket) {
    LimitAsk lasting = NameOf(step);
    lasting.key = asked.key;
    lasting.estimate = asked.estimate;
    lasting.lease_ns = asked.lease_ns;
    spending().Add(lasting, std::move(verdict->ticket), absl::GetCurrentTimeNanos());
  }
  if (record_ != nullptr) {
    const LimitSpec& spec = program_->parts().limits[step.limit];
    record_->NoteLimit(program_->ElementName(spec.element), verdict->answer);
  }
  return verdict->answer;
}

std::vector<SpendLimits::Entry*> FlowRun::RulesOf(const ModelSpec& spec) {
  if (limits_ == nullptr || limits_->gateway() == nullptr ||
      limits_->gateway()->spend_rules.empty()) {
    return {};
  }
  return spending().rules().EntriesOf(SlugOf(spec), spec.model);
}

std::vector<FlowRun::CallAsk> FlowRun::OpenAsks(const CallStep& step) {
  std::vector<CallAsk> open;
  const ModelSpec& spec = program_->parts().models[step.model];
  for (SpendLimits::Entry* entry : RulesOf(spec)) {
    if (entry->admitted_ordinal == step.ordinal) continue;
    open.push_back({spending().rules().AskOf(*entry), entry, std::nullopt});
  }
  if (!spending_.has_value() || !spending_->reserves()) return open;
  const int64_t now = absl::GetCurrentTimeNanos();
  for (TopUp& top_up : spending_->MissingFor(BoundOf(spec, now), now)) {
    open.push_back({top_up.ask, nullptr, top_up});
  }
  return open;
}

std::optional<Step> FlowRun::NoteCallVerdict(const CallStep& step, const CallAsk& asked,
                                             LimitVerdict* verdict) {
  if (!verdict->answer.admitted) {
    const uint64_t retry_after_ms = verdict->answer.retry_after_ms;
    return RefuseCall(
        step, asked.rule != nullptr
                  ? SpendRefusal(asked.rule->rule->id, retry_after_ms)
                  : BudgetRefusal(asked.ask.name.route, asked.ask.name.element, retry_after_ms));
  }
  if (asked.rule != nullptr) {
    asked.rule->ticket = std::move(verdict->ticket);
    asked.rule->admitted_ordinal = step.ordinal;
  } else {
    spending_->AddHold(*asked.top_up, std::move(verdict->ticket), absl::GetCurrentTimeNanos());
  }
  return std::nullopt;
}

Step FlowRun::RefuseCall(const CallStep& step, const GatewayRefusal& refusal) {
  const ModelSpec& spec = program_->parts().models[step.model];
  Failure failure;
  failure.error = ErrorClass::kQuota;
  failure.upstream_status = 429;
  failure.type = refusal.type;
  failure.code = refusal.code;
  failure.message = refusal.message;
  failure.headers.emplace_back("retry-after", refusal.retry_after);
  log_->AddAttempt(ElementOf(spec), spec.provider, spec.model, 0,
                   ErrorClassName(ErrorClass::kQuota), "refused", 0);
  failure_ = std::move(failure);
  CallAnswer answer;
  answer.error = ErrorClass::kQuota;
  answer.no_retry = true;
  answer.random = worker_->random.Next();
  if (record_ != nullptr) record_->NoteCall(step, *program_, answer);
  return execution_->ResumeCall(answer);
}

bool FlowRun::TryAnswerUntilCall(Step* step) {
  LimitBackend* const backend = worker_->shared->limits;
  // Not when the request came: a fallback asks much later, and a store would take an older time for
  // a clock that was set back.
  const int64_t now = absl::GetCurrentTimeNanos();
  if (limits_ != nullptr && limits_->rate_is_open() && !limits_->TryTakeRate()) return false;
  while (!IsRefusedByGateway()) {
    LimitVerdict verdict;
    if (const auto* limit = std::get_if<LimitStep>(step)) {
      const LimitStep asked = *limit;
      if (HasPassed(asked)) {
        *step = execution_->ResumeLimit(PassAgain(asked));
        continue;
      }
      const LimitAsk ask = AskOf(asked);
      if (!backend->Ask(ask, now, &verdict)) return false;
      *step = execution_->ResumeLimit(NoteVerdict(asked, ask, &verdict));
    } else if (const auto* draw = std::get_if<DrawStep>(step)) {
      *step = AnswerDraw(*draw);
    } else if (const auto* call = std::get_if<CallStep>(step)) {
      const CallStep reached = *call;
      std::optional<Step> refused;
      // What was admitted is remembered: where a later question can't be answered here, only the
      // rest is asked again.
      for (const CallAsk& open : OpenAsks(reached)) {
        LimitVerdict of_call;
        if (!backend->Ask(open.ask, now, &of_call)) return false;
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

net::Awaitable<Step> FlowRun::AnswerUntilCall(Step step) {
  while (true) {
    step = co_await AskAhead(std::move(step));
    if (TryAnswerUntilCall(&step)) co_return step;
  }
}

net::Awaitable<Step> FlowRun::AskAhead(Step step) {
  struct Asked {
    Execution::Checkpoint before;
    LimitStep limit;
  };
  auto batch = std::make_shared<LimitBatch>();
  batch->unix_nanoseconds = absl::GetCurrentTimeNanos();
  const bool asks_rate = limits_ != nullptr && limits_->rate_is_open();
  if (asks_rate) batch->Add(limits_->rate_ask());
  // On along the path, as if every limit admitted.
  std::vector<Asked> asked;
  while (true) {
    if (const auto* limit = std::get_if<LimitStep>(&step)) {
      if (HasPassed(*limit)) {
        step = execution_->ResumeLimit(PassAgain(*limit));
        continue;
      }
      if (asked.size() == kMaxAskedAhead) break;
      asked.push_back({execution_->Mark(), *limit});
      batch->Add(AskOf(*limit));
      step = execution_->ResumeLimit(LimitAnswer());
    } else if (const auto* draw = std::get_if<DrawStep>(&step)) {
      step = AnswerDraw(*draw);
    } else {
      break;
    }
  }
  std::vector<CallAsk> open;
  if (const auto* call = std::get_if<CallStep>(&step)) open = OpenAsks(*call);
  for (const CallAsk& one : open) batch->Add(one.ask);
  if (batch->size() == 0) co_return step;
  co_await AskBatch(worker_->shared->limits, worker_->loop, batch);

  size_t next = 0;
  if (asks_rate) {
    limits_->SetRateVerdict(batch->verdicts[next++]);
    if (IsRefusedByGateway()) co_return step;
  }
  for (const Asked& one : asked) {
    LimitVerdict& verdict = batch->verdicts[next++];
    const LimitAnswer answer = NoteVerdict(one.limit, batch->ask(next - 1), &verdict);
    if (answer.admitted) continue;
    execution_->Rewind(one.before);
    co_return execution_->ResumeLimit(answer);
  }
  for (const CallAsk& one : open) {
    LimitVerdict& verdict = batch->verdicts[next++];
    const CallStep reached = std::get<CallStep>(step);
    if (std::optional<Step> refused = NoteCallVerdict(reached, one, &verdict)) {
      co_return *std::move(refused);
    }
  }
  co_return step;
}

net::Awaitable<std::optional<ErrorResponse>> FlowRun::AskForDirectCall(const ModelSpec* spec) {
  if (limits_ == nullptr) co_return std::nullopt;
  co_await limits_->TakeRate();
  if (IsRefusedByGateway()) co_return RefusalError(RateRefusal(*limits_));
  const std::vector<SpendLimits::Entry*> rules = RulesOf(*spec);
  auto batch = std::make_shared<LimitBatch>();
  batch->unix_nanoseconds = absl::GetCurrentTimeNanos();
  for (SpendLimits::Entry* entry : rules) batch->Add(spending().rules().AskOf(*entry));
  if (rules.empty()) co_return std::nullopt;
  co_await AskBatch(worker_->shared->limits, worker_->loop, batch);
  for (size_t i = 0; i < rules.size(); ++i) {
    LimitVerdict& verdict = batch->verdicts[i];
    if (!verdict.answer.admitted) {
      co_return RefusalError(SpendRefusal(rules[i]->rule->id, verdict.answer.retry_after_ms));
    }
    rules[i]->ticket = std::move(verdict.ticket);
  }
  co_return std::nullopt;
}

}  // namespace junctor::engine
