#include "tests/simulation/broken_backend.h"

namespace junctor::simulation {

bool BrokenBackend::Ask(const engine::LimitAsk& ask, int64_t unix_nanoseconds,
                        engine::LimitVerdict* verdict) {
  if (Strikes(Break::kForgetWindow)) (void)inner_->ResetKey(ask.name, ask.key);
  engine::LimitAsk asked = ask;
  if (broken_ == Break::kLongLease) asked.lease_ns *= 10;
  inner_->Ask(asked, unix_nanoseconds, verdict);
  const bool is_count = ask.spec->type == LimitType::kCount;
  if (is_count && !verdict->answer.admitted && Strikes(Break::kAdmitOneMore)) {
    verdict->answer = LimitAnswer();
  }
  if (is_count && verdict->answer.admitted && Strikes(Break::kRefuseEarly)) {
    verdict->answer = {false, 1};
  }
  return true;
}

void BrokenBackend::Charge(const engine::LimitTicket& ticket, uint64_t nano_dollars,
                           int64_t unix_nanoseconds) {
  if (Strikes(Break::kLoseCharge)) return;
  if (Strikes(Break::kDoubleCharge)) inner_->Charge(ticket, nano_dollars, unix_nanoseconds);
  inner_->Charge(ticket, nano_dollars, unix_nanoseconds);
}

void BrokenBackend::Settle(engine::LimitTicket* ticket, int64_t unix_nanoseconds) {
  if (Strikes(Break::kLeakHold)) return;
  inner_->Settle(ticket, unix_nanoseconds);
}

}  // namespace junctor::simulation
