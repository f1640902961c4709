// The virtual clock of a simulation and what happens on it: one event after another, in order of
// time, those of the same time in the order of their ties.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace junctor::simulation {

// Virtual Unix time in nanoseconds.
using Time = int64_t;
inline constexpr Time kMillisecond = 1'000'000;
inline constexpr Time kSecond = 1'000'000'000;

// Not thread-safe: a simulation is one thread.
class Scheduler {
 public:
  explicit Scheduler(Time begin) : now_(begin) {}

  Time now() const { return now_; }
  // Runs `event` at `time`, or now where that has passed. `tie` is drawn by who schedules.
  void At(Time time, uint64_t tie, std::function<void()> event);
  // Runs the next event; false where there is none.
  bool RunNext();
  uint64_t events() const { return events_; }

 private:
  struct Entry {
    Time time;
    uint64_t tie;
    uint64_t number;
    std::function<void()> event;
  };
  static bool IsLater(const Entry& a, const Entry& b);

  Time now_;
  uint64_t last_number_ = 0;
  uint64_t events_ = 0;  // that have run
  std::vector<Entry> heap_;
};

}  // namespace junctor::simulation
