// What all parts of one simulated run share: clock, trace, the books, and the first thing that went
// wrong.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/limits/limit_ticket.h"
#include "tests/simulation/scheduler.h"
#include "tests/simulation/trace.h"

namespace junctor::simulation {

// Faults that are put into the product's place, to show that the checks find them.
enum class Break : uint8_t {
  kNothing,
  kDoubleCharge,  // a charge is counted twice
  kLoseCharge,    // a charge is not counted
  kLeakHold,      // a hold is not settled
  kLongLease,     // a hold lasts longer than its lease
  kForgetWindow,  // a window is forgotten
  kAdmitOneMore,  // a limit lets a request pass that it refused
  kRefuseEarly,   // a limit refuses a request that has room
  kTwoVersions,   // a request goes on with the version that is live now
  kStaleTime,     // limits are asked with the time at which the request came
  kAnswerTwice,   // a request is answered again
  kNoTopUp,       // further attempts hold nothing
};

// All of them by name, but kNothing.
const std::map<std::string, Break>& BreaksByName();

// The tickets of the simulation's own backends: they know their window.
class SimTicket : public engine::RemoteTicket {
 public:
  uint64_t window = 0;
};

// What was charged to one window over the whole run. In the end
// emitted = applied + lost + rolled_back.
struct Account {
  struct Sum {
    uint64_t charges = 0;
    uint64_t amount = 0;
    void Add(uint64_t nano_dollars) {
      ++charges;
      amount += nano_dollars;
    }
    void Remove(uint64_t nano_dollars) {
      --charges;
      amount -= nano_dollars;
    }
  };
  Sum emitted;      // by requests
  Sum applied;      // at the store that counts
  Sum lost;         // with a gateway that crashed before it told the shared store
  Sum rolled_back;  // counted by the shared store, forgotten by its restart
};

struct Context {
  Context(Time begin, bool prints) : clock(begin), trace(&clock, begin, prints) {}

  // Ends the run. Only the first failure counts.
  void Fail(std::string what) {
    if (!failure.has_value()) failure = trace.TimeText() + ": " + std::move(what);
  }
  // The number of a window, by order of first sight.
  uint64_t WindowId(const std::string& name);
  // Its name, for people.
  std::string WindowName(uint64_t id) const;

  Scheduler clock;
  Trace trace;
  Break broken = Break::kNothing;
  std::optional<std::string> failure;
  uint64_t asks = 0;    // questions that were checked
  uint64_t checks = 0;  // windows that were compared with their store
  // Charges of requests that held something, above what they held.
  uint64_t beyond_holds = 0;
  // Whether what is charged now to a limit that reserves must have been held.
  bool must_be_held = false;

  std::vector<Account> accounts;  // by window
  struct Charged {
    uint64_t window;
    uint64_t amount;
  };
  std::vector<Charged> charged;  // by the request that runs, since it cleared this

  std::unordered_map<std::string, uint64_t> window_ids;
  std::vector<std::string> window_names;
};

}  // namespace junctor::simulation
