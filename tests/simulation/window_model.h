// What a limit's window should count, kept as a plain list of what was admitted and charged, with
// times. Deliberately simple and slow: it shares no arithmetic with runtime/limits, whose judge it
// is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "runtime/program/program_parts.h"
#include "tests/simulation/scheduler.h"

namespace junctor::simulation {

// The numbers of a limit at one question.
struct ModelRule {
  WindowTechnique technique = WindowTechnique::kFixed;
  uint64_t limit = 1;
  Time window = kSecond;

  bool SameShape(const ModelRule& other) const {
    return technique == other.technique && window == other.window;
  }
};

// One window: of counts, or of costs. Copyable: a copy is what a disk keeps.
class WindowModel {
 public:
  WindowModel() = default;
  explicit WindowModel(LimitType type) : type_(type) {}

  // A question comes with these numbers: they are in force from now on.
  void SetRule(const ModelRule& rule, Time now);

  // Another window of the same limit was asked with other numbers: the store may count this one by
  // them or by its own until it is asked again.
  void MarkUncertain(const ModelRule& other, Time now);
  // The same, with any numbers.
  void MarkUnknown(Time now);

  // At least so much counts at `now`: less, and something was forgotten. After a change of the
  // window's form that is what the forms before looked at as well, and so must still know (R17).
  uint64_t Counted(Time now) const;
  // At most so much counts: sliding windows that don't keep each time may count 1/64 of the window
  // too long, and after a change of the window's form older things may count for a while (R15,
  // R17).
  uint64_t CountedAtMost(Time now) const;
  // Whether the two must be the same.
  bool IsExact(Time now) const;
  // Whether its form changed so lately that the two may differ.
  bool ChangedShape(Time now) const;

  // A request was counted, or an amount was charged of which `uncovered` was held by nobody.
  void Add(uint64_t amount, uint64_t uncovered, Time now);
  uint64_t Uncovered(Time now) const;

  // Holds (R16). Ids are this model's own.
  uint64_t AddHold(uint64_t amount, Time lease_end);
  // Takes a charge out of a hold; returns what the hold did not cover.
  uint64_t DrawHold(uint64_t id, uint64_t amount, Time now);
  void EndHold(uint64_t id) { holds_.erase(id); }
  uint64_t Held(Time now) const;
  void ForgetHolds() { holds_.clear(); }

  // An operator's acts.
  void Reset(Time now);
  void Grant(uint64_t amount, Time now);
  // The limit in force, with what was granted.
  uint64_t LimitAt(Time now) const;

  // Of costs: the most that covered charges and holds may come to together, if every request
  // passed only where there was room (R16, `reserve`).
  uint64_t MostCovered() const { return recent_limit_; }

  // The least that must be there of what happened until `then` (R17), seen at `now`.
  uint64_t CountedUntil(Time then, Time now) const;

  const ModelRule& rule() const { return rule_; }
  LimitType type() const { return type_; }
  Time shortest_window() const { return shortest_window_; }
  Time longest_window() const { return longest_window_; }

 private:
  struct Entry {
    Time time;
    uint64_t amount;
    uint64_t uncovered;
  };
  struct Hold {
    uint64_t amount;
    Time lease_end;
  };

  bool IsIn(const Entry& entry, Time now, Time longer) const;
  // The first moment of the window that `rule` looks at.
  static Time FirstOf(const ModelRule& rule, Time now);

  Time Slice() const { return (rule_.window + 63) / 64 + 64; }
  // Forgets what can't count any more, and notes when nothing does.
  void Tidy(Time now);

  LimitType type_ = LimitType::kCount;
  ModelRule rule_;
  bool has_rule_ = false;
  bool is_uncertain_ = false;
  bool is_unknown_ = false;
  std::vector<ModelRule> between_;  // other rules that it may have been counted by since
  std::deque<Entry> entries_;
  std::map<uint64_t, Hold> holds_;
  uint64_t last_hold_ = 0;
  uint64_t granted_ = 0;
  Time granted_until_ = INT64_MIN;
  Time known_since_ = INT64_MIN;  // what came before, forms that are gone may have forgotten
  Time shape_since_ = INT64_MIN;  // when the technique or the length changed last
  Time longest_window_ = 0;       // that ever was
  Time shortest_window_ = INT64_MAX;
  uint64_t largest_limit_ = 0;  // that ever was
  uint64_t recent_limit_ = 0;   // the largest since nothing counted
  size_t most_entries_ = 0;     // that counted at once, since nothing did
};

}  // namespace junctor::simulation
