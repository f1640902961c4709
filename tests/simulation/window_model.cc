#include "tests/simulation/window_model.h"

#include <algorithm>

namespace junctor::simulation {
namespace {

// Beyond these, windows that slide don't keep each time: see window.h and sliding_spend.h.
constexpr uint64_t kExactLimit = 64;
constexpr size_t kExactCharges = 32;

}  // namespace

void WindowModel::SetRule(const ModelRule& rule, Time now) {
  if (is_uncertain_ || (has_rule_ && !rule.SameShape(rule_))) {
    shape_since_ = now;
    known_since_ = std::max(known_since_, is_unknown_ ? now + 1 : FirstOf(rule_, now));
    for (const ModelRule& other : between_) {
      known_since_ = std::max(known_since_, FirstOf(other, now));
    }
  }
  is_uncertain_ = false;
  is_unknown_ = false;
  between_.clear();
  rule_ = rule;
  has_rule_ = true;
  longest_window_ = std::max(longest_window_, rule.window);
  shortest_window_ = std::min(shortest_window_, rule.window);
  largest_limit_ = std::max(largest_limit_, LimitAt(now));
  Tidy(now);
  recent_limit_ = std::max(recent_limit_, LimitAt(now));
}

void WindowModel::MarkUncertain(const ModelRule& other, Time now) {
  is_uncertain_ = true;
  shape_since_ = now;
  if (between_.empty() || !between_.back().SameShape(other)) between_.push_back(other);
}

void WindowModel::MarkUnknown(Time now) {
  is_uncertain_ = true;
  is_unknown_ = true;
  shape_since_ = now;
}

Time WindowModel::FirstOf(const ModelRule& rule, Time now) {
  return rule.technique == WindowTechnique::kSliding ? now - rule.window + 1
                                                     : now / rule.window * rule.window;
}

bool WindowModel::IsIn(const Entry& entry, Time now, Time longer) const {
  if (rule_.technique == WindowTechnique::kSliding) {
    return entry.time > now - rule_.window - longer;
  }
  return entry.time / rule_.window == now / rule_.window;
}

bool WindowModel::ChangedShape(Time now) const {
  return is_uncertain_ || (shape_since_ != INT64_MIN && now - shape_since_ <= 2 * longest_window_);
}

uint64_t WindowModel::Counted(Time now) const {
  if (is_uncertain_) return 0;
  uint64_t sum = 0;
  for (const Entry& entry : entries_) {
    if (IsIn(entry, now, 0) && entry.time >= known_since_) sum += entry.amount;
  }
  return sum;
}

uint64_t WindowModel::CountedAtMost(Time now) const {
  const bool all = ChangedShape(now);
  const Time longer = IsExact(now) ? 0 : Slice();
  uint64_t sum = 0;
  for (const Entry& entry : entries_) {
    if (all || IsIn(entry, now, longer)) sum += entry.amount;
  }
  return sum;
}

bool WindowModel::IsExact(Time now) const {
  if (ChangedShape(now)) return false;
  if (rule_.technique == WindowTechnique::kFixed) return true;
  return type_ == LimitType::kCount ? largest_limit_ <= kExactLimit
                                    : most_entries_ <= kExactCharges;
}

void WindowModel::Tidy(Time now) {
  while (!entries_.empty() && entries_.front().time < now - 3 * longest_window_) {
    entries_.pop_front();
  }
  std::erase_if(holds_, [now](const auto& hold) { return hold.second.lease_end <= now; });
  const bool counts = std::any_of(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return IsIn(entry, now, Slice()); });
  if (counts || ChangedShape(now)) return;
  most_entries_ = 0;
  if (Held(now) == 0) recent_limit_ = LimitAt(now);
}

void WindowModel::Add(uint64_t amount, uint64_t uncovered, Time now) {
  Tidy(now);
  if (amount == 0) return;
  entries_.push_back({now, amount, uncovered});
  const auto counting = std::count_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return IsIn(entry, now, Slice());
  });
  most_entries_ = std::max(most_entries_, static_cast<size_t>(counting));
}

uint64_t WindowModel::Uncovered(Time now) const {
  uint64_t sum = 0;
  for (const Entry& entry : entries_) {
    if (IsIn(entry, now, 0) || ChangedShape(now)) sum += entry.uncovered;
  }
  return sum;
}

uint64_t WindowModel::AddHold(uint64_t amount, Time lease_end) {
  holds_[++last_hold_] = {amount, lease_end};
  return last_hold_;
}

uint64_t WindowModel::DrawHold(uint64_t id, uint64_t amount, Time now) {
  const auto hold = holds_.find(id);
  if (hold == holds_.end() || hold->second.lease_end <= now) return amount;
  const uint64_t covered = std::min(amount, hold->second.amount);
  hold->second.amount -= covered;
  return amount - covered;
}

uint64_t WindowModel::Held(Time now) const {
  uint64_t sum = 0;
  for (const auto& [id, hold] : holds_) {
    if (hold.lease_end > now) sum += hold.amount;
  }
  return sum;
}

void WindowModel::Reset(Time now) {
  entries_.clear();
  granted_ = 0;
  granted_until_ = INT64_MIN;
  Tidy(now);
}

void WindowModel::Grant(uint64_t amount, Time now) {
  const Time until = rule_.technique == WindowTechnique::kSliding
                         ? now + rule_.window
                         : (now / rule_.window + 1) * rule_.window;
  if (granted_until_ <= now) granted_ = 0;
  granted_ += amount;
  granted_until_ = std::max(granted_until_, until);
  largest_limit_ = std::max(largest_limit_, LimitAt(now));
  recent_limit_ = std::max(recent_limit_, LimitAt(now));
}

uint64_t WindowModel::LimitAt(Time now) const {
  return rule_.limit + (granted_until_ > now ? granted_ : 0);
}

uint64_t WindowModel::CountedUntil(Time then, Time now) const {
  uint64_t sum = 0;
  for (const Entry& entry : entries_) {
    if (IsIn(entry, now, 0) && entry.time <= then) sum += entry.amount;
  }
  return sum;
}

}  // namespace junctor::simulation
