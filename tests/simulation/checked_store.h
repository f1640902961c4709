// A LimitStore with a judge beside it: every question, charge and settlement is put into plain
// lists (window_model.h), and what the store says is held against them.
//
// Its disk is simulated too: what the store hands out for a journal is kept as it would be after a
// commit, so that a restart goes on with what was committed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/limits/limit_backend.h"
#include "engine/limits/limit_store.h"
#include "tests/simulation/broken_backend.h"
#include "tests/simulation/context.h"
#include "tests/simulation/window_model.h"

namespace junctor::simulation {

// How a store's changes come to its disk.
struct Durability {
  Time interval = 0;     // between two looks for changes; 0: nothing is kept
  Time commit_most = 0;  // longest time that a commit takes
  // Nothing that is older than this may be missing after a crash.
  Time bound() const { return interval + 2 * commit_most + kMillisecond; }
};

// One store of limits. Answers at once.
class CheckedStore final : public engine::LimitBackend {
 public:
  struct Options {
    uint64_t number = 0;  // for traces
    uint64_t hash_seed = 0;
    Time skew = 0;  // its clock is so far ahead
    Durability durability;
    size_t max_windows = 0;     // 0: more than there are
    bool keeps_account = true;  // false: what is charged here is told to another store too
  };
  // `context` outlives it.
  CheckedStore(Context* context, const Options& options);
  ~CheckedStore() override;

  bool Ask(const engine::LimitAsk& ask, int64_t unix_nanoseconds,
           engine::LimitVerdict* verdict) override;
  void Begin(std::shared_ptr<engine::LimitBatch> batch) override;
  void Charge(const engine::LimitTicket& ticket, uint64_t nano_dollars,
              int64_t unix_nanoseconds) override;
  void Settle(engine::LimitTicket* ticket, int64_t unix_nanoseconds) override;
  absl::StatusOr<engine::LimitSnapshot> Look(std::string_view gateway, std::string_view route,
                                             size_t max_rows, int64_t unix_nanoseconds) override;
  absl::StatusOr<bool> ResetKey(const engine::LimitName& name, std::string_view key) override;
  absl::StatusOr<bool> GrantKey(const engine::LimitName& name, std::string_view key,
                                uint64_t amount, int64_t unix_nanoseconds) override;

  // What a window is called in the context's books.
  static std::string NameOf(LimitType type, const engine::LimitName& name, std::string_view key);

  // Its clock.
  Time now() const { return context_->clock.now() + options_.skew; }

  // Compares every window with its list.
  void Audit();

  // An operator's act on some window that counts something: which one, `choice` says.
  void ResetSome(uint64_t choice);
  void GrantSome(uint64_t choice, uint64_t amount);

  // The journal's work: what changed is taken at once, and is on the disk after EndCommit.
  void BeginCommit();
  void EndCommit();
  // The process dies: nothing is taken or committed any more until Restart.
  void Crash();
  bool is_down() const { return crashed_at_.has_value(); }
  // The process ends and begins anew: all that is not on the disk is gone, and the tickets given
  // out may not be used any more. Returns how many windows were put back.
  size_t Restart();

 private:
  struct Group;
  struct Window {
    uint64_t id = 0;
    std::string gateway, route, element, key;
    WindowModel model;
    Group* group = nullptr;
  };
  // The windows of one limit. A store may count any of them by the rule that one was asked with.
  struct Group {
    ModelRule rule;
    bool has_rule = false;
    bool has_changed = false;  // its form, ever
    std::vector<Window*> windows;
  };
  struct Saved {
    engine::LimitRecord record;
    WindowModel model;
  };
  class Ticket;

  Window& Find(LimitType type, const engine::LimitName& name, std::string_view key);
  void SetRule(Window* window, const LimitSpec& spec);
  void CheckCount(Window* window, const engine::LimitVerdict& verdict);
  void CheckCost(Window* window, const engine::LimitAsk& ask, const engine::LimitVerdict& verdict);
  // Whether a refusal may mean that a key that counts nothing finds no room.
  bool MayBeFull(const WindowModel& model) const;
  void CheckWait(const Window& window, const engine::LimitVerdict& verdict);
  void CheckRow(const engine::LimitRow& row, Window* window);
  void Fail(const Window& window, const std::string& what) const;
  std::vector<Window*> Counting();

  Context* const context_;
  const Options options_;
  std::unique_ptr<engine::LimitStore> store_;
  std::unique_ptr<BrokenBackend> backend_;
  std::unordered_map<std::string, std::unique_ptr<Window>> windows_;
  std::vector<Window*> in_order_;  // by first sight
  std::map<std::string, Group> groups_;
  std::set<std::pair<std::string, std::string>> routes_;  // gateway and route
  std::map<std::string, Saved> disk_;
  std::vector<std::pair<std::string, Saved>> committing_;
  std::optional<Time> crashed_at_;
};

}  // namespace junctor::simulation
