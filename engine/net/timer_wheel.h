// The timers of one event loop: a two-level wheel of intrusive lists. Scheduling and cancelling are
// O(1) and touch no system call as a rule; the loop's one asio timer is armed only while something
// is scheduled.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "engine/net/awaitable.h"
#include "engine/net/cancel.h"

namespace junctor::net {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

class EventLoop;
class TimerWheel;

// One timer: a callback and a place in a wheel. Owned by whoever needs the deadline; destroying it
// cancels it. Used on the wheel's thread only. The callback may schedule, cancel or destroy this or
// any other timer.
class Timer {
 public:
  Timer() = default;
  explicit Timer(std::function<void()> callback) : callback_(std::move(callback)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { Cancel(); }

  void set_callback(std::function<void()> callback) { callback_ = std::move(callback); }
  bool scheduled() const { return wheel_ != nullptr; }
  void Cancel();

 private:
  friend class TimerWheel;

  std::function<void()> callback_;
  TimerWheel* wheel_ = nullptr;
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  uint64_t tick_ = 0;  // when it is due, in ticks since the wheel's epoch
  uint32_t slot_ = 0;  // index in the wheel's slots_
};

// One per event loop, used on its thread only. A timer fires never early and at most one tick (and
// the loop's own delay) late.
class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{4};

  // `arm(when)` asks the owner to call Advance() at `when`; it replaces an earlier request.
  TimerWheel(TimePoint epoch, std::function<void(TimePoint)> arm);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  // (Re)schedules `timer`. A deadline in the past fires at the next tick, never from inside this
  // call.
  void Schedule(Timer& timer, TimePoint deadline);
  void Cancel(Timer& timer);

  // Fires what is due at `now`, and arms again while anything is left.
  void Advance(TimePoint now);

  size_t scheduled_count() const { return count_; }

 private:
  // Level 0: one slot a tick, 4 s in all; level 1: one slot a turn of level 0, 70 minutes in all.
  // Later deadlines wait in the last slot of level 1 and are placed again when it comes up.
  static constexpr uint32_t kSlots = 1024;

  void Link(Timer& timer);
  void Unlink(Timer& timer);
  void FireSlot(uint32_t slot);
  void Cascade(uint32_t slot);
  uint64_t NextWakeTick() const;
  void ArmAt(uint64_t tick);

  const TimePoint epoch_;
  const std::function<void(TimePoint)> arm_;
  uint64_t current_tick_ = 0;         // every tick up to and including this one has been fired
  uint64_t armed_tick_ = UINT64_MAX;  // UINT64_MAX: not armed
  size_t count_ = 0;
  bool advancing_ = false;
  std::array<Timer*, 2 * kSlots> slots_{};
  std::array<uint64_t, 2 * kSlots / 64> occupied_{};  // one bit a slot
};

// Waits until `deadline`. False when `cancel` (may be null) fired first, or had fired already.
Awaitable<bool> SleepUntil(EventLoop& loop, TimePoint deadline, CancelSignal* cancel);

}  // namespace junctor::net
