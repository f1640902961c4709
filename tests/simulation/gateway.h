// One simulated gateway: the routes that it serves, the limits that it asks, and the clock that it
// has. A crash leaves nothing of it but its disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/limits/limit_backend.h"
#include "runtime/registry/registry.h"
#include "tests/simulation/checked_store.h"
#include "tests/simulation/context.h"
#include "tests/simulation/request_run.h"
#include "tests/simulation/shared_limits.h"

namespace junctor::simulation {

// What a gateway's requests see of its limits: writes down who is charged, and does nothing any
// more once the process is dead.
class EdgeBackend final : public engine::LimitBackend {
 public:
  EdgeBackend(Context* context, engine::LimitBackend* inner) : context_(context), inner_(inner) {}

  void Kill() { is_alive_ = false; }

  bool Ask(const engine::LimitAsk& ask, int64_t unix_nanoseconds,
           engine::LimitVerdict* verdict) override {
    return inner_->Ask(ask, unix_nanoseconds, verdict);
  }
  void Begin(std::shared_ptr<engine::LimitBatch> batch) override { inner_->Begin(batch); }
  void Charge(const engine::LimitTicket& ticket, uint64_t nano_dollars,
              int64_t unix_nanoseconds) override;
  void Settle(engine::LimitTicket* ticket, int64_t unix_nanoseconds) override {
    if (is_alive_) inner_->Settle(ticket, unix_nanoseconds);
  }
  absl::StatusOr<engine::LimitSnapshot> Look(std::string_view gateway, std::string_view route,
                                             size_t max_rows, int64_t unix_nanoseconds) override {
    return inner_->Look(gateway, route, max_rows, unix_nanoseconds);
  }
  absl::StatusOr<bool> ResetKey(const engine::LimitName& name, std::string_view key) override {
    return inner_->ResetKey(name, key);
  }
  absl::StatusOr<bool> GrantKey(const engine::LimitName& name, std::string_view key,
                                uint64_t amount, int64_t unix_nanoseconds) override {
    return inner_->GrantKey(name, key, amount, unix_nanoseconds);
  }

 private:
  Context* const context_;
  engine::LimitBackend* const inner_;
  bool is_alive_ = true;
};

class Gateway final : public RequestHost {
 public:
  // `store` counts for this gateway alone; null: `shared` counts for it.
  Gateway(Context* context, size_t number, Time skew, CheckedStore* store)
      : context_(context), number_(number), skew_(skew), store_(store) {}

  // A process begins. `shared` is its side of the shared store, or null.
  void Begin(std::shared_ptr<SharedLimits> shared);
  // It ends at once. Its requests must be gone by the end of this call's caller.
  void Kill();
  // What is left of the process, after its requests.
  void Bury();

  void Publish(const std::string& name, size_t route, std::shared_ptr<const Program> program,
               size_t revision);

  bool is_up() const { return edge_ != nullptr; }
  size_t number() const { return number_; }
  CheckedStore* store() { return store_; }
  SharedLimits* shared() { return shared_.get(); }

  engine::LimitBackend* backend() override { return edge_.get(); }
  LiveRoute Live(size_t route) override;
  Time now() const override { return context_->clock.now() + skew_; }

 private:
  Context* const context_;
  const size_t number_;
  const Time skew_;
  CheckedStore* const store_;
  std::shared_ptr<SharedLimits> shared_;
  std::unique_ptr<EdgeBackend> edge_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<RegistryReader> reader_;
  std::vector<std::string> names_;  // of routes
  std::vector<size_t> revisions_;   // of routes: published last
};

}  // namespace junctor::simulation
