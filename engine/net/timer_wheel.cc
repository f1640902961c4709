#include "engine/net/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "engine/net/event_loop.h"
#include "engine/net/waiter.h"

namespace junctor::net {
namespace {

constexpr uint64_t kTurnBits = 10;  // 1 << kTurnBits == kSlots
constexpr uint64_t kNever = UINT64_MAX;

}  // namespace

void Timer::Cancel() {
  if (wheel_ != nullptr) wheel_->Cancel(*this);
}

TimerWheel::TimerWheel(TimePoint epoch, std::function<void(TimePoint)> arm)
    : epoch_(epoch), arm_(std::move(arm)) {
  static_assert(kSlots == 1u << kTurnBits);
}

TimerWheel::~TimerWheel() {
  for (Timer*& head : slots_) {
    while (head != nullptr) Unlink(*head);
  }
}

void TimerWheel::Schedule(Timer& timer, TimePoint deadline) {
  if (timer.wheel_ != nullptr) Unlink(timer);
  if (deadline == TimePoint::max()) return;
  if (count_ == 0 && !advancing_) {
    // An empty wheel was not advanced; catch up, so that the deadline lands in the right level.
    const Clock::duration since = std::max(Clock::now() - epoch_, Clock::duration(0));
    current_tick_ = std::max(current_tick_, static_cast<uint64_t>(since / kTick));
  }
  timer.tick_ = current_tick_ + 1;
  if (deadline > epoch_) {
    const Clock::duration since = deadline - epoch_;
    const auto rounded_up = static_cast<uint64_t>((since + kTick - Clock::duration(1)) / kTick);
    timer.tick_ = std::max(timer.tick_, rounded_up);
  }
  Link(timer);
}

void TimerWheel::Cancel(Timer& timer) {
  if (timer.wheel_ == this) Unlink(timer);
}

void TimerWheel::Link(Timer& timer) {
  const uint64_t turn = timer.tick_ >> kTurnBits;
  const uint64_t current_turn = current_tick_ >> kTurnBits;
  uint64_t wake = timer.tick_;
  if (turn == current_turn) {
    timer.slot_ = static_cast<uint32_t>(timer.tick_ % kSlots);
  } else {
    const uint64_t placed = std::min(turn, current_turn + kSlots - 1);
    timer.slot_ = static_cast<uint32_t>(kSlots + placed % kSlots);
    wake = placed << kTurnBits;
  }
  Timer*& head = slots_[timer.slot_];
  timer.wheel_ = this;
  timer.previous_ = nullptr;
  timer.next_ = head;
  if (head != nullptr) head->previous_ = &timer;
  head = &timer;
  occupied_[timer.slot_ / 64] |= uint64_t{1} << (timer.slot_ % 64);
  ++count_;
  if (!advancing_ && wake < armed_tick_) ArmAt(wake);
}

void TimerWheel::Unlink(Timer& timer) {
  Timer*& head = slots_[timer.slot_];
  (timer.previous_ != nullptr ? timer.previous_->next_ : head) = timer.next_;
  if (timer.next_ != nullptr) timer.next_->previous_ = timer.previous_;
  if (head == nullptr) occupied_[timer.slot_ / 64] &= ~(uint64_t{1} << (timer.slot_ % 64));
  timer.wheel_ = nullptr;
  timer.previous_ = nullptr;
  timer.next_ = nullptr;
  --count_;
}

void TimerWheel::Advance(TimePoint now) {
  if (advancing_) return;
  advancing_ = true;
  armed_tick_ = kNever;
  const auto target = static_cast<uint64_t>(std::max(now - epoch_, Clock::duration(0)) / kTick);
  while (count_ > 0) {
    const uint64_t next = NextWakeTick();
    if (next > target) break;
    current_tick_ = next;
    if (next % kSlots == 0) Cascade(static_cast<uint32_t>(kSlots + (next >> kTurnBits) % kSlots));
    FireSlot(static_cast<uint32_t>(next % kSlots));
  }
  current_tick_ = std::max(current_tick_, target);
  advancing_ = false;
  if (count_ > 0) ArmAt(NextWakeTick());
}

void TimerWheel::FireSlot(uint32_t slot) {
  while (Timer* timer = slots_[slot]) {
    Unlink(*timer);
    // A copy, since the callback may destroy the timer.
    const std::function<void()> callback = timer->callback_;
    if (callback) callback();
  }
}

void TimerWheel::Cascade(uint32_t slot) {
  Timer* list = slots_[slot];
  while (list != nullptr) {
    Timer& timer = *list;
    list = timer.next_;
    Unlink(timer);
    Link(timer);
  }
}

uint64_t TimerWheel::NextWakeTick() const {
  // The rest of this turn.
  const uint64_t turn = current_tick_ >> kTurnBits;
  for (uint64_t slot = current_tick_ % kSlots + 1; slot < kSlots;) {
    const uint64_t word = occupied_[slot / 64] >> (slot % 64);
    if (word != 0) {
      const uint64_t found = slot + static_cast<uint64_t>(std::countr_zero(word));
      return (turn << kTurnBits) + found;
    }
    slot = (slot / 64 + 1) * 64;
  }
  // The turns after it.
  for (uint64_t ahead = 1; ahead < kSlots;) {
    const uint64_t slot = (turn + ahead) % kSlots;
    const uint64_t word = occupied_[(kSlots + slot) / 64] >> (slot % 64);
    if (word == 0) {
      ahead += 64 - slot % 64;
      continue;
    }
    const uint64_t found = ahead + static_cast<uint64_t>(std::countr_zero(word));
    if (found >= kSlots) break;
    return (turn + found) << kTurnBits;
  }
  return kNever;
}

void TimerWheel::ArmAt(uint64_t tick) {
  armed_tick_ = tick;
  arm_(epoch_ + tick * kTick);
}

Awaitable<bool> SleepUntil(EventLoop& loop, TimePoint deadline, CancelSignal* cancel) {
  if (cancel != nullptr && cancel->cancelled()) co_return false;
  Waiter waiter;
  bool elapsed = false;
  Timer timer([&] {
    elapsed = true;
    waiter.ResumeLater(loop.executor());
  });
  CancelHook hook([&] { waiter.ResumeLater(loop.executor()); });
  loop.wheel().Schedule(timer, deadline);
  hook.Attach(cancel);
  co_await waiter.Wait();
  co_return elapsed;
}

}  // namespace junctor::net
