#include "tests/simulation/shared_limits.h"

#include <algorithm>
#include <utility>

namespace junctor::simulation {
namespace {

// A question is given up after this: the caller waits.
constexpr Time kQuestionTimeout = 50 * kMillisecond;
// After so many in a row, nothing is asked for a while.
constexpr uint64_t kTimeoutsToAlone = 3;
constexpr Time kAloneFor = kSecond;
constexpr Time kResendInterval = 200 * kMillisecond;
// So many messages are told again at once.
constexpr size_t kResendMost = 256;

StoreLimit LimitOf(const engine::LimitAsk& ask) {
  StoreLimit limit = {std::string(ask.name.gateway), std::string(ask.name.route),
                      std::string(ask.name.element), std::string(ask.key), LimitSpec()};
  limit.spec.type = ask.spec->type;
  limit.spec.technique = ask.spec->technique;
  limit.spec.limit = ask.spec->limit;
  limit.spec.window_seconds = ask.spec->window_seconds;
  return limit;
}

}  // namespace

class SharedLimits::Ticket final : public SimTicket {
 public:
  std::shared_ptr<const StoreLimit> limit;
  HoldName hold;
  bool is_held = false;
  engine::LimitTicket local;  // of a request that passed alone
};

SharedLimits::SharedLimits(Context* context, Network* network, StoreServer* server,
                           const Options& options)
    : context_(context),
      network_(network),
      server_(server),
      options_(options),
      random_(options.seed),
      local_(context, options.local) {}

void SharedLimits::Start() {
  context_->clock.At(context_->clock.now() + kResendInterval, random_.Next(),
                     [self = shared_from_this()] {
                       if (!self->is_alive_) return;
                       self->Resend();
                       self->Start();
                     });
}

void SharedLimits::Kill() {
  is_alive_ = false;
  orphans_ = std::exchange(outbox_, {});
  questions_.clear();
}

void SharedLimits::CloseBooks() {
  for (const Message& message : orphans_) {
    if (message.charge == 0) continue;
    if (server_->Knows(options_.process, message.number, message.window)) continue;
    context_->accounts[message.window].lost.Add(message.charge - 1);
  }
}

void SharedLimits::Send(const Message& message) {
  network_->Send(&random_, [self = shared_from_this(), number = message.number, act = message.act] {
    act(self->server_);
    if (!self->is_alive_) return;
    self->network_->Send(&self->random_, [self, number] {
      if (!self->is_alive_) return;
      self->NoteHeard();
      const auto found =
          std::find_if(self->outbox_.begin(), self->outbox_.end(),
                       [number](const Message& waiting) { return waiting.number == number; });
      if (found != self->outbox_.end()) self->outbox_.erase(found);
    });
  });
}

void SharedLimits::Tell(uint64_t window, uint64_t charge, std::function<void(StoreServer*)> act) {
  if (!is_alive_) return;
  outbox_.push_back({++last_message_, window, charge, std::move(act)});
  Send(outbox_.back());
}

void SharedLimits::Resend() {
  // Those told a moment ago are among them: a message may come twice.
  const std::vector<Message> again(
      outbox_.begin(),
      outbox_.begin() + static_cast<std::ptrdiff_t>(std::min(outbox_.size(), kResendMost)));
  for (const Message& message : again) Send(message);
}

void SharedLimits::NoteHeard() {
  timeouts_ = 0;
  alone_until_ = INT64_MIN;
}

bool SharedLimits::Ask(const engine::LimitAsk& ask, int64_t, engine::LimitVerdict* verdict) {
  if (context_->clock.now() >= alone_until_) return false;
  AskAlone(ask, verdict);
  return true;
}

void SharedLimits::Begin(std::shared_ptr<engine::LimitBatch> batch) {
  if (!is_alive_) return;
  if (context_->clock.now() < alone_until_) {
    AskAlone(batch.get());
    return;
  }
  const uint64_t question = ++last_question_;
  questions_[question] = batch;
  network_->Send(&random_, [self = shared_from_this(), question, batch] {
    const StoreAnswer answer = self->server_->Check(self->options_.process, question, *batch);
    if (answer == nullptr || !self->is_alive_) return;
    self->network_->Send(&self->random_,
                         [self, question, answer] { self->Answered(question, answer); });
  });
  context_->clock.At(context_->clock.now() + kQuestionTimeout, random_.Next(),
                     [self = shared_from_this(), question] { self->TimedOut(question); });
}

void SharedLimits::Answered(uint64_t question, const StoreAnswer& answer) {
  if (!is_alive_) return;
  NoteHeard();
  const auto found = questions_.find(question);
  if (found == questions_.end()) {
    // Too late: the request went on without. Nobody needs what was held for it.
    for (size_t i = 0; i < answer->size(); ++i) {
      if (!(*answer)[i].has_ticket) continue;
      const HoldName hold = {options_.process, question, i};
      Tell(0, 0, [hold](StoreServer* server) { server->Settle(hold); });
    }
    return;
  }
  const std::shared_ptr<engine::LimitBatch> batch = found->second;
  questions_.erase(found);
  for (size_t i = 0; i < answer->size(); ++i) {
    const StoreVerdict& one = (*answer)[i];
    engine::LimitVerdict& verdict = batch->verdicts.emplace_back();
    verdict.answer = one.verdict.answer;
    verdict.too_large = one.verdict.too_large;
    verdict.limit = one.verdict.limit;
    verdict.left = one.verdict.left;
    verdict.reset_ms = one.verdict.reset_ms;
    if (!one.has_ticket) continue;
    auto ticket = std::make_unique<Ticket>();
    ticket->window = one.window;
    ticket->limit = std::make_shared<StoreLimit>(LimitOf(batch->ask(i)));
    ticket->hold = {options_.process, question, i};
    ticket->is_held = true;
    verdict.ticket.SetRemote(std::move(ticket));
  }
  batch->done();
}

void SharedLimits::TimedOut(uint64_t question) {
  const auto found = questions_.find(question);
  if (found == questions_.end()) return;
  const std::shared_ptr<engine::LimitBatch> batch = found->second;
  questions_.erase(found);
  if (++timeouts_ >= kTimeoutsToAlone) alone_until_ = context_->clock.now() + kAloneFor;
  AskAlone(batch.get());
}

void SharedLimits::AskAlone(engine::LimitBatch* batch) {
  for (size_t i = 0; i < batch->size(); ++i) {
    AskAlone(batch->ask(i), &batch->verdicts.emplace_back());
    if (!batch->verdicts.back().answer.admitted) break;
  }
  batch->done();
}

void SharedLimits::AskAlone(const engine::LimitAsk& ask, engine::LimitVerdict* verdict) {
  context_->trace.Note(What::kLocal, options_.process);
  const StoreFailurePolicy policy = ask.spec->on_store_failure;
  if (policy == StoreFailurePolicy::kRefuse) {
    verdict->answer = {false, static_cast<uint64_t>(kAloneFor / kMillisecond)};
    return;
  }
  // One of N gateways has the N-th part of the limit, and every request at least one of it.
  LimitSpec share = *ask.spec;
  share.limit = std::max<uint64_t>(share.limit / options_.gateways, 1);
  const bool is_count = share.type == LimitType::kCount;
  engine::LimitVerdict local;
  if (policy != StoreFailurePolicy::kAllow) {
    engine::LimitAsk asked = ask;
    asked.spec = &share;
    local_.Ask(asked, local_.now(), &local);
    verdict->answer = local.answer;
    verdict->too_large = local.too_large;
    verdict->limit = local.limit;
    verdict->left = local.left;
    verdict->reset_ms = local.reset_ms;
    if (!local.answer.admitted) return;
  }
  auto limit = std::make_shared<const StoreLimit>(LimitOf(ask));
  if (is_count) {
    Tell(0, 0,
         [limit, process = options_.process, number = last_message_ + 1](StoreServer* server) {
           server->Merge(process, number, *limit, 1);
         });
    return;
  }
  auto ticket = std::make_unique<Ticket>();
  ticket->window = context_->WindowId("cost " + limit->gateway + "/" + limit->route + "/" +
                                      limit->element + "/" + limit->key);
  ticket->limit = std::move(limit);
  ticket->local = std::move(local.ticket);
  verdict->ticket.SetRemote(std::move(ticket));
}

void SharedLimits::Charge(const engine::LimitTicket& ticket, uint64_t nano_dollars, int64_t) {
  const auto* own = static_cast<const Ticket*>(ticket.remote());
  if (own == nullptr || !is_alive_) return;
  if (own->local) local_.Charge(own->local, nano_dollars, local_.now());
  Tell(own->window, nano_dollars + 1,
       [process = options_.process, number = last_message_ + 1, hold = own->hold,
        limit = own->limit, window = own->window, nano_dollars](StoreServer* server) {
         server->Charge(process, number, hold, *limit, window, nano_dollars);
       });
}

void SharedLimits::Settle(engine::LimitTicket* ticket, int64_t) {
  auto* own = static_cast<Ticket*>(ticket->remote());
  if (own == nullptr || !is_alive_) return;
  if (own->local) local_.Settle(&own->local, local_.now());
  if (!std::exchange(own->is_held, false)) return;
  Tell(0, 0, [hold = own->hold](StoreServer* server) { server->Settle(hold); });
}

absl::StatusOr<engine::LimitSnapshot> SharedLimits::Look(std::string_view gateway,
                                                         std::string_view route, size_t max_rows,
                                                         int64_t) {
  return server_->store().Look(gateway, route, max_rows, server_->store().now());
}

absl::StatusOr<bool> SharedLimits::ResetKey(const engine::LimitName& name, std::string_view key) {
  return server_->store().ResetKey(name, key);
}

absl::StatusOr<bool> SharedLimits::GrantKey(const engine::LimitName& name, std::string_view key,
                                            uint64_t amount, int64_t) {
  return server_->store().GrantKey(name, key, amount, server_->store().now());
}

}  // namespace junctor::simulation
