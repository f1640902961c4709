// The store that gateways share, as a Redis server whose scripts are a checked store with a disk:
// it reads the commands of the product's client and answers as the scripts do.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/limits/limit_backend.h"
#include "engine/store/redis_ledger.h"
#include "engine/store/redis_link.h"
#include "tests/simulation/checked_store.h"
#include "tests/simulation/context.h"

namespace junctor::simulation {

// The answer to one command.
struct ServerAnswer {
  engine::RedisReply reply;
  // A question that came too late took nothing.
  bool is_question = false;
  bool is_late = false;
  // Of a question: what the process had told of each window when it was asked.
  std::vector<uint64_t> told = {};
};

class StoreServer {
 public:
  StoreServer(Context* context, const CheckedStore::Options& options);

  // Does the commands that stand in `text`, as they stand on the wire.
  std::vector<ServerAnswer> Run(uint64_t process, std::string_view text);

  // Whether it ever counted that charge.
  bool Knows(uint64_t process, uint64_t number, uint64_t window);
  uint64_t WindowOf(const engine::LedgerAccount& account) const;

  void BeginCommit();
  void EndCommit();
  void Restart();
  // Its clock is set to another time. Windows go on by the time that it would have been, so that
  // what they count can be checked.
  void SetClock(Time step);
  // Whether clients may not know yet that its clock went back.
  bool may_be_misjudged() const { return context_->clock.now() < misjudged_until_; }

  CheckedStore& store() { return store_; }

 private:
  using Words = std::vector<std::string_view>;
  using ChargeName = std::pair<uint64_t, uint64_t>;  // process and number
  // The charges that each window has counted: the highest number of a process is what the scripts
  // keep beside the window.
  using Counted = std::map<uint64_t, std::map<ChargeName, uint64_t>>;
  // One limit, as commands name it.
  struct Limit {
    std::string gateway, route, element, key;
    LimitSpec spec;

    engine::LimitName name() const { return {gateway, route, element}; }
  };
  struct Hold {
    engine::LimitTicket ticket;
    uint64_t amount = 0;
  };

  ServerAnswer Do(uint64_t process, const Words& words);
  engine::RedisReply Beat(const Words& words);
  int64_t Microseconds() const { return (context_->clock.now() + clock_ahead_) / 1000; }
  ServerAnswer Check(uint64_t process, const Words& words);
  void Charge(uint64_t process, const Words& words);
  static Limit LimitOf(std::string_view main_key, const Words& words, size_t first);
  uint64_t WindowOf(const Limit& limit) const;
  uint64_t LastNumber(uint64_t process, uint64_t window) const;
  uint64_t Told(uint64_t process, uint64_t window) const;
  // A ticket for a window whose request is not known any more.
  engine::LimitTicket& StandingTicket(const Limit& limit, uint64_t window);

  Context* const context_;
  CheckedStore store_;
  std::set<std::string> scripts_;  // that it knows
  Time clock_ahead_ = 0;
  Time misjudged_until_ = INT64_MIN;
  std::map<std::string, Time> instances_;
  std::map<std::string, Hold> holds_;
  std::map<uint64_t, engine::LimitTicket> standing_;  // by window
  std::map<ChargeName, uint64_t> told_;               // by process and window, over all restarts
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> merged_;  // last, by process and window
  Counted counted_;
  Counted committing_;
  Counted disk_;
  std::map<uint64_t, std::set<ChargeName>> rolled_back_;
};

}  // namespace junctor::simulation
