// The limits on a flow's path: those of the route's elements, and the gateway's own. At once where
// they stand in memory; in one round trip for the whole path where a shared store has them.
#include <array>
#include <charconv>
#include <utility>
#include <variant>

#include "absl/time/clock.h"
#include "engine/gateway/flow_run.h"
#include "engine/gateway/limit_wait.h"

namespace junctor::engine {
namespace {

// Most limits of elements that are asked in one round trip; a path with more takes another.
constexpr size_t kMaxAskedAhead = 16;

// The bound on its output that a request sets, in either spelling.
std::optional<uint64_t> MaxTokensOf(const BodyIndex& index) {
  for (const std::string_view key : {"max_completion_tokens", "max_tokens"}) {
    const std::string_view text = index.Find(key);
    uint64_t tokens = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tokens);
    if (error == std::errc() && end == text.data() + text.size() && !text.empty()) return tokens;
  }
  return std::nullopt;
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
    spending_.emplace(shared.limits, &shared.prices, custom_cost_,
                      SpendLimits(gateway, caller_->scope->id, metadata_));
  }
  return *spending_;
}

LimitAsk FlowRun::AskOf(const LimitStep& step) {
  const LimitSpec& spec = program_->parts().limits[step.limit];
  LimitAsk ask;
  ask.name = {caller_->scope->id, program_->route_name(), program_->ElementName(spec.element)};
  ask.key = step.key;
  ask.spec = &spec;
  if (spec.reserve) {
    ask.estimate = static_cast<uint64_t>(spending().EstimateOf(
        *program_, caller_->body.size(), MaxTokensOf(*caller_->index), log_->unix_nanoseconds()));
  }
  return ask;
}

LimitAnswer FlowRun::NoteVerdict(const LimitStep& step, LimitVerdict* verdict) {
  log_->rate_limit().Note(program_->parts().limits[step.limit], *verdict);
  if (verdict->ticket) spending().Add(std::move(verdict->ticket), log_->unix_nanoseconds());
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
  const auto provider = worker_->providers.Find(spec.provider, caller_->scope->directory.get());
  const std::string_view slug =
      provider == nullptr ? std::string_view(spec.provider) : provider->record->slug;
  return spending().rules().EntriesOf(slug, spec.model);
}

std::vector<SpendLimits::Entry*> FlowRun::OpenRules(const CallStep& step) {
  if (cleared_ordinal_ == step.ordinal) return {};
  return RulesOf(program_->parts().models[step.model]);
}

Step FlowRun::RefuseCall(const CallStep& step, const SpendLimits::Entry& entry,
                         const LimitVerdict& verdict) {
  const ModelSpec& spec = program_->parts().models[step.model];
  const GatewayRefusal refusal = SpendRefusal(entry.rule->id, verdict.answer.retry_after_ms);
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
      if (!backend->Ask(AskOf(asked), now, &verdict)) return false;
      *step = execution_->ResumeLimit(NoteVerdict(asked, &verdict));
    } else if (const auto* draw = std::get_if<DrawStep>(step)) {
      *step = AnswerDraw(*draw);
    } else if (const auto* call = std::get_if<CallStep>(step)) {
      const CallStep reached = *call;
      bool is_refused = false;
      for (SpendLimits::Entry* entry : OpenRules(reached)) {
        LimitVerdict of_rule;
        if (!backend->Ask(spending().rules().AskOf(*entry), now, &of_rule)) return false;
        if (!of_rule.answer.admitted) {
          *step = RefuseCall(reached, *entry, of_rule);
          is_refused = true;
          break;
        }
        entry->ticket = std::move(of_rule.ticket);
      }
      if (is_refused) continue;
      cleared_ordinal_ = reached.ordinal;
      return true;
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
  std::vector<SpendLimits::Entry*> rules;
  if (const auto* call = std::get_if<CallStep>(&step)) rules = OpenRules(*call);
  for (const SpendLimits::Entry* entry : rules) batch->Add(spending().rules().AskOf(*entry));
  if (batch->size() == 0) co_return step;
  co_await AskBatch(worker_->shared->limits, worker_->loop, batch);

  size_t next = 0;
  if (asks_rate) {
    limits_->SetRateVerdict(batch->verdicts[next++]);
    if (IsRefusedByGateway()) co_return step;
  }
  for (const Asked& one : asked) {
    LimitVerdict& verdict = batch->verdicts[next++];
    const LimitAnswer answer = NoteVerdict(one.limit, &verdict);
    if (answer.admitted) continue;
    execution_->Rewind(one.before);
    co_return execution_->ResumeLimit(answer);
  }
  for (SpendLimits::Entry* entry : rules) {
    LimitVerdict& verdict = batch->verdicts[next++];
    const CallStep reached = std::get<CallStep>(step);
    if (!verdict.answer.admitted) co_return RefuseCall(reached, *entry, verdict);
    entry->ticket = std::move(verdict.ticket);
    cleared_ordinal_ = reached.ordinal;
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
