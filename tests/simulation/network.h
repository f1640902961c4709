// The way between gateways and the store that they share: messages come late, twice, in another
// order or not at all.
#pragma once

#include <cstdint>
#include <functional>

#include "tests/simulation/context.h"
#include "tests/simulation/random.h"

namespace junctor::simulation {

// How bad a network is.
struct NetworkFaults {
  uint64_t drop_percent = 0;
  uint64_t duplicate_percent = 0;
  uint64_t slow_percent = 0;  // of messages that take slow_most at most
  Time delay_least = 100'000;
  Time delay_most = 2 * kMillisecond;
  Time slow_most = 0;
};

class Network {
 public:
  // `context` outlives it.
  Network(Context* context, const NetworkFaults& faults) : context_(context), faults_(faults) {}

  // Nothing gets through any more, or again.
  void SetAway(bool away) { is_away_ = away; }
  bool is_away() const { return is_away_; }

  // Delivers a message never, once or twice. `random` is the sender's.
  void Send(Random* random, const std::function<void()>& deliver) {
    SendOnce(random, deliver);
    if (random->Percent(faults_.duplicate_percent)) SendOnce(random, deliver);
  }

 private:
  void SendOnce(Random* random, const std::function<void()>& deliver) {
    const bool is_lost = random->Percent(faults_.drop_percent);
    Time delay = random->Between(faults_.delay_least, faults_.delay_most);
    if (random->Percent(faults_.slow_percent)) delay += random->Between(0, faults_.slow_most);
    const uint64_t tie = random->Next();
    if (is_lost || is_away_) return;
    context_->clock.At(context_->clock.now() + delay, tie, [this, deliver] {
      if (!is_away_) deliver();
    });
  }

  Context* const context_;
  const NetworkFaults faults_;
  bool is_away_ = false;
};

}  // namespace junctor::simulation
