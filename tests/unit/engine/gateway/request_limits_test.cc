// One request's place in its gateway's rate limit.
#include "engine/gateway/request_limits.h"

#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "engine/observe/ids.h"

namespace junctor::engine {
namespace {

// Notes when it is asked.
class AskedAt final : public LimitBackend {
 public:
  bool Ask(const LimitAsk&, int64_t unix_nanoseconds, LimitVerdict*) override {
    asked_ns = unix_nanoseconds;
    return true;
  }
  void Begin(std::shared_ptr<LimitBatch>) override {}
  void Charge(const LimitTicket&, uint64_t, int64_t) override {}
  void Settle(LimitTicket*, int64_t) override {}
  absl::StatusOr<LimitSnapshot> Look(std::string_view, std::string_view, size_t, int64_t) override {
    return LimitSnapshot();
  }
  absl::StatusOr<bool> ResetKey(const LimitName&, std::string_view) override { return false; }
  absl::StatusOr<bool> GrantKey(const LimitName&, std::string_view, uint64_t, int64_t) override {
    return false;
  }

  int64_t asked_ns = 0;
};

TEST(RequestLimits, CountARequestWhenItIsAskedForAndNotWhenItBegan) {
  GatewayView view;
  view.rate_limit.limit = 1;
  view.rate_limit.interval_seconds = 1;
  GatewayScope scope;
  scope.view = &view;
  scope.id = "g";
  RandomSource random;
  RequestLog log(&random, "POST", "/", "");
  AskedAt limits;
  RequestLimits request(&limits, nullptr, &scope, &log);
  // Its body takes a while.
  while (absl::GetCurrentTimeNanos() == log.unix_nanoseconds()) {
  }
  const int64_t before_ns = absl::GetCurrentTimeNanos();
  EXPECT_TRUE(request.TryTakeRate());
  EXPECT_GE(limits.asked_ns, before_ns)
      << "an older time looks as if the clock was set back, and windows forget";
}

}  // namespace
}  // namespace junctor::engine
