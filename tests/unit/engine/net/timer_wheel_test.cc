#include "engine/net/timer_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "tests/unit/engine/net/net_testing.h"

namespace junctor::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A wheel whose time the test moves. Its epoch lies in the future, so that the real clock does not
// interfere.
class TimerWheelTest : public ::testing::Test {
 protected:
  // Moves time as a loop would: each wake-up at the moment that the wheel asked for.
  void AdvanceTo(TimePoint until) {
    while (armed_ && *armed_ <= until) {
      const TimePoint at = *armed_;
      armed_.reset();
      now_ = at;
      wheel_.Advance(at);
      ++wake_ups_;
    }
    now_ = until;
  }

  const TimePoint epoch_ = Clock::now() + std::chrono::hours(1);
  TimePoint now_ = epoch_;
  std::optional<TimePoint> armed_;
  int wake_ups_ = 0;
  TimerWheel wheel_{epoch_, [this](TimePoint when) { armed_ = when; }};
};

TEST_F(TimerWheelTest, FiresNeverEarlyAndAtMostOneTickLate) {
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Timer>> timers;
  size_t fired = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto delay = milliseconds(random() % (i % 2 == 0 ? 100 : 600'000));
    const TimePoint deadline = epoch_ + delay;
    timers.push_back(std::make_unique<Timer>([this, deadline, &fired] {
      EXPECT_GE(now_, deadline);
      EXPECT_LE(now_, deadline + 2 * TimerWheel::kTick);
      ++fired;
    }));
    wheel_.Schedule(*timers.back(), deadline);
  }
  AdvanceTo(epoch_ + seconds(601));
  EXPECT_EQ(fired, 2000u);
  EXPECT_EQ(wheel_.scheduled_count(), 0u);
}

TEST_F(TimerWheelTest, FiresBeyondItsSpanAndTicksOnlyWhenNeeded) {
  bool fired = false;
  Timer timer([&] { fired = true; });
  wheel_.Schedule(timer, epoch_ + std::chrono::hours(3));
  AdvanceTo(epoch_ + std::chrono::hours(3) - seconds(1));
  EXPECT_FALSE(fired);
  AdvanceTo(epoch_ + std::chrono::hours(3) + seconds(1));
  EXPECT_TRUE(fired);
  EXPECT_LT(wake_ups_, 10);
}

TEST_F(TimerWheelTest, ACallbackMayDestroyItselfCancelOthersAndScheduleAnew) {
  int victim_fired = 0;
  int again = 0;
  Timer victim([&] { ++victim_fired; });
  auto self = std::make_unique<Timer>();
  Timer repeating;
  repeating.set_callback([&] {
    if (++again < 3) wheel_.Schedule(repeating, now_);
  });
  self->set_callback([&] {
    victim.Cancel();
    self.reset();
  });
  wheel_.Schedule(victim, epoch_ + milliseconds(10));
  wheel_.Schedule(*self, epoch_ + milliseconds(10));
  wheel_.Schedule(repeating, epoch_ + milliseconds(10));
  AdvanceTo(epoch_ + seconds(1));
  EXPECT_EQ(victim_fired, 0);
  EXPECT_EQ(self, nullptr);
  EXPECT_EQ(again, 3);
}

TEST(SleepUntil, ElapsesOrIsCancelled) {
  testing::LoopThread thread;
  thread.Await([&]() -> Awaitable<void> {
    EventLoop& loop = thread.loop();
    const TimePoint deadline = Clock::now() + milliseconds(20);
    const bool elapsed = co_await SleepUntil(loop, deadline, nullptr);
    EXPECT_TRUE(elapsed);
    EXPECT_GE(Clock::now(), deadline);

    CancelSignal signal;
    loop.Post([&] { signal.Cancel(); });
    const bool slept = co_await SleepUntil(loop, Clock::now() + seconds(60), &signal);
    EXPECT_FALSE(slept);
    const bool again = co_await SleepUntil(loop, Clock::now() + seconds(60), &signal);
    EXPECT_FALSE(again);
  });
}

TEST(CancelSignal, MayBeDestroyedByItsOwnHook) {
  auto signal = std::make_unique<CancelSignal>();
  int calls = 0;
  CancelHook first([&] { ++calls; });
  CancelHook second([&] {
    ++calls;
    signal.reset();
  });
  first.Attach(signal.get());
  second.Attach(signal.get());
  signal->Cancel();
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace junctor::net
