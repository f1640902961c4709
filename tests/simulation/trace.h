// What happened in a simulation, as a hash that tells whether two runs were the same, and as text
// for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/simulation/scheduler.h"

namespace junctor::simulation {

// The kinds of events. Their fields stand in trace.cc.
enum class What : uint8_t {
  kArrive,
  kVersion,
  kAsk,
  kBatch,
  kBatchAnswered,
  kCall,
  kFailed,
  kFirstToken,
  kBroken,
  kHedge,
  kCharge,
  kSettle,
  kAnswer,
  kLeft,
  kDeploy,
  kCrash,
  kRestart,
  kCommit,
  kStoreAway,
  kStoreBack,
  kStoreRestart,
  kStoreClock,
  kLate,
  kLocal,
  kMerge,
  kReset,
  kGrant,
};

// Collects the events of one run.
class Trace {
 public:
  // `prints`: each event is written to standard output as a line.
  Trace(const Scheduler* clock, Time begin, bool prints)
      : clock_(clock), begin_(begin), prints_(prints) {}

  void Note(What what, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0, uint64_t d = 0) {
    Mix(static_cast<uint64_t>(clock_->now() - begin_) ^ (static_cast<uint64_t>(what) << 56));
    Mix(a);
    Mix(b);
    Mix(c);
    Mix(d);
    if (prints_) Print(what, a, b, c, d);
  }
  // A line that explains numbers of others.
  void Say(std::string_view text) const;

  uint64_t hash() const { return hash_; }
  bool prints() const { return prints_; }
  // Seconds since the run began.
  std::string TimeText() const;

 private:
  void Mix(uint64_t number) {
    hash_ = (hash_ ^ number) * 0x9fb21c651e98df25;
    hash_ ^= hash_ >> 28;
  }
  void Print(What what, uint64_t a, uint64_t b, uint64_t c, uint64_t d) const;

  const Scheduler* clock_;
  const Time begin_;
  const bool prints_;
  uint64_t hash_ = 0x2545f4914f6cdd1d;
};

}  // namespace junctor::simulation
