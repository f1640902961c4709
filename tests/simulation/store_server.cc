#include "tests/simulation/store_server.h"

#include <utility>

namespace junctor::simulation {

StoreServer::StoreServer(Context* context, const CheckedStore::Options& options)
    : context_(context), store_(context, options) {}

StoreAnswer StoreServer::Check(uint64_t process, uint64_t question,
                               const engine::LimitBatch& batch) {
  if (!questions_.emplace(process, question).second) return nullptr;
  auto answer = std::make_shared<std::vector<StoreVerdict>>();
  for (size_t i = 0; i < batch.size(); ++i) {
    StoreVerdict& one = answer->emplace_back();
    store_.Ask(batch.ask(i), store_.now(), &one.verdict);
    if (one.verdict.ticket) {
      one.has_ticket = true;
      one.window = static_cast<const SimTicket*>(one.verdict.ticket.remote())->window;
      tickets_[{process, question, i}] = std::move(one.verdict.ticket);
      one.verdict.ticket = engine::LimitTicket();
    }
    if (!one.verdict.answer.admitted) break;
  }
  return answer;
}

engine::LimitTicket& StoreServer::StandingTicket(const StoreLimit& limit, uint64_t window) {
  engine::LimitTicket& ticket = standing_[window];
  if (!ticket) {
    // A limit that always admits, of the same window.
    LimitSpec open = limit.spec;
    open.limit = UINT64_MAX / 2;
    open.reserve = false;
    engine::LimitAsk ask = limit.ask();
    ask.spec = &open;
    engine::LimitVerdict verdict;
    store_.Ask(ask, store_.now(), &verdict);
    ticket = std::move(verdict.ticket);
  }
  return ticket;
}

void StoreServer::Charge(uint64_t process, uint64_t number, const HoldName& hold,
                         const StoreLimit& limit, uint64_t window, uint64_t amount) {
  const ChargeName name = {process, number};
  if (!counted_[window].emplace(name, amount).second) return;
  if (rolled_back_[window].erase(name) > 0) context_->accounts[window].rolled_back.Remove(amount);
  const auto ticket = tickets_.find(hold);
  store_.Charge(ticket == tickets_.end() ? StandingTicket(limit, window) : ticket->second, amount,
                store_.now());
}

bool StoreServer::Knows(uint64_t process, uint64_t number, uint64_t window) {
  const ChargeName name = {process, number};
  return counted_[window].contains(name) || rolled_back_[window].contains(name);
}

void StoreServer::Settle(const HoldName& hold) {
  const auto ticket = tickets_.find(hold);
  if (ticket == tickets_.end()) return;
  store_.Settle(&ticket->second, store_.now());
}

void StoreServer::Merge(uint64_t process, uint64_t number, const StoreLimit& limit,
                        uint64_t count) {
  if (!merged_.emplace(process, number).second) return;
  context_->trace.Note(What::kMerge, process, number);
  for (; count > 0; --count) {
    engine::LimitVerdict verdict;
    store_.Ask(limit.ask(), store_.now(), &verdict);
    if (!verdict.answer.admitted) break;
  }
}

void StoreServer::BeginCommit() {
  store_.BeginCommit();
  committing_ = counted_;
}

void StoreServer::EndCommit() {
  store_.EndCommit();
  disk_ = std::move(committing_);
  committing_.clear();
}

void StoreServer::Restart() {
  tickets_.clear();
  standing_.clear();
  questions_.clear();
  for (auto& [window, charges] : counted_) {
    for (const auto& [name, amount] : charges) {
      if (disk_[window].contains(name)) continue;
      Account& account = context_->accounts[window];
      account.applied.Remove(amount);
      account.rolled_back.Add(amount);
      rolled_back_[window].insert(name);
    }
  }
  counted_ = disk_;
  committing_.clear();
  context_->trace.Note(What::kStoreRestart, store_.Restart());
}

}  // namespace junctor::simulation
