// The store that gateways share, as a server of messages: a checked store with a disk, which counts
// each charge once however often it is told of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/limits/limit_backend.h"
#include "tests/simulation/checked_store.h"
#include "tests/simulation/context.h"

namespace junctor::simulation {

// Names a hold: the gateway's process, the number of its question, the place in it.
struct HoldName {
  uint64_t process = 0;
  uint64_t question = 0;
  uint64_t place = 0;
  auto operator<=>(const HoldName&) const = default;
};

// What a question was answered.
struct StoreVerdict {
  engine::LimitVerdict verdict;  // without its ticket
  bool has_ticket = false;
  uint64_t window = 0;
};

// An answered question, as a message can be delivered twice.
using StoreAnswer = std::shared_ptr<std::vector<StoreVerdict>>;

// One limit, as messages name it.
struct StoreLimit {
  std::string gateway, route, element, key;
  LimitSpec spec;

  engine::LimitAsk ask() const { return {{gateway, route, element}, key, &spec}; }
};

class StoreServer {
 public:
  StoreServer(Context* context, const CheckedStore::Options& options);

  // Nothing where the question came before.
  StoreAnswer Check(uint64_t process, uint64_t question, const engine::LimitBatch& batch);
  // Counts a charge, once for each `number` of a process. Where the hold is not known any more, it
  // counts all the same.
  void Charge(uint64_t process, uint64_t number, const HoldName& hold, const StoreLimit& limit,
              uint64_t window, uint64_t amount);
  // Whether it ever counted that charge.
  bool Knows(uint64_t process, uint64_t number, uint64_t window);
  void Settle(const HoldName& hold);
  // Counts requests that a gateway let pass alone, as far as the limit has room, once for each
  // `number` of a process.
  void Merge(uint64_t process, uint64_t number, const StoreLimit& limit, uint64_t count);

  void BeginCommit();
  void EndCommit();
  void Restart();

  CheckedStore& store() { return store_; }

 private:
  using ChargeName = std::pair<uint64_t, uint64_t>;  // process and number
  // The charges that each window has counted: what a server keeps beside the window.
  using Counted = std::map<uint64_t, std::map<ChargeName, uint64_t>>;

  // A ticket for a window whose request is not known any more.
  engine::LimitTicket& StandingTicket(const StoreLimit& limit, uint64_t window);

  Context* const context_;
  CheckedStore store_;
  std::map<HoldName, engine::LimitTicket> tickets_;
  std::map<uint64_t, engine::LimitTicket> standing_;  // by window
  std::set<std::pair<uint64_t, uint64_t>> questions_;
  std::set<ChargeName> merged_;
  Counted counted_;
  Counted committing_;
  Counted disk_;
  std::map<uint64_t, std::set<ChargeName>> rolled_back_;
};

}  // namespace junctor::simulation
