// A backend that does one thing wrong now and then: what the checks must find.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/limits/limit_backend.h"
#include "tests/simulation/context.h"

namespace junctor::simulation {

// Passes everything on to `inner`, but for one fault. Outlived by both.
class BrokenBackend final : public engine::LimitBackend {
 public:
  BrokenBackend(Break broken, engine::LimitBackend* inner) : broken_(broken), inner_(inner) {}

  bool Ask(const engine::LimitAsk& ask, int64_t unix_nanoseconds,
           engine::LimitVerdict* verdict) override;
  void Begin(std::shared_ptr<engine::LimitBatch> batch) override { inner_->Begin(batch); }
  void Charge(const engine::LimitTicket& ticket, uint64_t nano_dollars,
              int64_t unix_nanoseconds) override;
  void Settle(engine::LimitTicket* ticket, int64_t unix_nanoseconds) override;
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
  // Whether it is time for the fault.
  bool Strikes(Break fault) { return broken_ == fault && ++calls_ % kEvery == 0; }
  static constexpr uint64_t kEvery = 7;

  const Break broken_;
  engine::LimitBackend* const inner_;
  uint64_t calls_ = 0;
};

}  // namespace junctor::simulation
