#include "tests/simulation/gateway.h"

#include <utility>

namespace junctor::simulation {

void EdgeBackend::Charge(const engine::LimitTicket& ticket, uint64_t nano_dollars,
                         int64_t unix_nanoseconds) {
  if (!is_alive_ || !ticket) return;
  const uint64_t window = static_cast<const SimTicket*>(ticket.remote())->window;
  context_->accounts[window].emitted.Add(nano_dollars);
  context_->charged.push_back({window, nano_dollars});
  inner_->Charge(ticket, nano_dollars, unix_nanoseconds);
}

void Gateway::Begin(std::shared_ptr<SharedLimits> shared) {
  shared_ = std::move(shared);
  engine::LimitBackend* const inner =
      shared_ == nullptr ? static_cast<engine::LimitBackend*>(store_) : shared_.get();
  edge_ = std::make_unique<EdgeBackend>(context_, inner);
  registry_ = std::make_unique<Registry>();
  reader_ = std::make_unique<RegistryReader>(registry_.get());
  names_.clear();
  revisions_.clear();
}

void Gateway::Kill() {
  edge_->Kill();
  if (shared_ != nullptr) shared_->Kill();
}

void Gateway::Bury() {
  edge_.reset();
  reader_.reset();
  registry_.reset();
}

void Gateway::Publish(const std::string& name, size_t route, std::shared_ptr<const Program> program,
                      size_t revision) {
  if (names_.size() <= route) {
    names_.resize(route + 1);
    revisions_.resize(route + 1);
  }
  names_[route] = name;
  revisions_[route] = revision;
  registry_->Publish(name, std::move(program), std::make_shared<const size_t>(revision));
  context_->trace.Note(What::kDeploy, number_, route, revision);
}

LiveRoute Gateway::Live(size_t route) {
  const RouteEntry* const entry = reader_->Get().Find(names_[route]);
  if (entry == nullptr) {
    context_->Fail("a route is not there");
    return {};
  }
  const size_t revision = *std::static_pointer_cast<const size_t>(entry->attachment);
  if (revision != revisions_[route]) context_->Fail("a request sees a version that was replaced");
  return {entry->program, revision};
}

}  // namespace junctor::simulation
