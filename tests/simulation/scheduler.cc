#include "tests/simulation/scheduler.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace junctor::simulation {

bool Scheduler::IsLater(const Entry& a, const Entry& b) {
  return std::tie(a.time, a.tie, a.number) > std::tie(b.time, b.tie, b.number);
}

void Scheduler::At(Time time, uint64_t tie, std::function<void()> event) {
  heap_.push_back({std::max(time, now_), tie, ++last_number_, std::move(event)});
  std::push_heap(heap_.begin(), heap_.end(), IsLater);
}

bool Scheduler::RunNext() {
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), IsLater);
  const Entry entry = std::move(heap_.back());
  heap_.pop_back();
  now_ = entry.time;
  ++events_;
  entry.event();
  return true;
}

}  // namespace junctor::simulation
