// See suggest.h.
#include "compiler/syntax/suggest.h"

#include <algorithm>
#include <array>

#include "compiler/source/limits.h"

namespace junctor::compiler {
namespace {

// Longest name that is compared: longer ones are no typos, and the tables stay on the stack.
constexpr size_t kMaxComparedLength = 64;

// `name` without what does not count.
std::string Folded(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c == '_' || c == '-') continue;
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return folded;
}

// How many edits still count as a typo in a name of so many letters.
size_t ToleranceFor(size_t length) { return length <= 3 ? 1 : length <= 8 ? 2 : 3; }

// The best of several candidates, offered one by one.
class Best {
 public:
  explicit Best(std::string_view wanted)
      : wanted_(wanted), distance_(ToleranceFor(wanted.size()) + 1) {}

  void Offer(std::string_view candidate) {
    if (candidate == wanted_) return;
    const size_t distance = NameDistance(wanted_, candidate, distance_);
    if (distance > distance_ || distance > ToleranceFor(wanted_.size())) return;
    // Nothing of a short name would be left of it.
    if (distance > 0 && distance >= std::min(wanted_.size(), candidate.size())) return;
    unique_ = distance < distance_;
    distance_ = distance;
    name_ = candidate;
  }

  std::string_view name() const { return unique_ ? name_ : std::string_view(); }

 private:
  std::string_view wanted_;
  size_t distance_;
  std::string_view name_;
  bool unique_ = false;
};

}  // namespace

size_t NameDistance(std::string_view left, std::string_view right, size_t limit) {
  if (left.size() > kMaxComparedLength || right.size() > kMaxComparedLength) return limit + 1;
  const std::string a = Folded(left);
  const std::string b = Folded(right);
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  using Row = std::array<size_t, kMaxComparedLength + 1>;
  std::array<Row, 3> rows;
  for (size_t k = 0; k <= b.size(); ++k) rows[0][k] = k;
  for (size_t i = 1; i <= a.size(); ++i) {
    Row& now = rows[i % 3];
    const Row& before = rows[(i + 2) % 3];
    const Row& earlier = rows[(i + 1) % 3];
    now[0] = i;
    size_t least = i;
    for (size_t k = 1; k <= b.size(); ++k) {
      const size_t change = a[i - 1] == b[k - 1] ? 0 : 1;
      now[k] = std::min({before[k] + 1, now[k - 1] + 1, before[k - 1] + change});
      if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
        now[k] = std::min(now[k], earlier[k - 2] + 1);
      }
      least = std::min(least, now[k]);
    }
    if (least > limit) return limit + 1;
  }
  return std::min(rows[a.size() % 3][b.size()], limit + 1);
}

std::string_view ClosestName(std::string_view name, const std::vector<std::string_view>& names) {
  Best best(name);
  for (std::string_view candidate : names) best.Offer(candidate);
  return best.name();
}

NameIndex::NameIndex(const std::vector<std::string_view>& names)
    : by_length_(kMaxComparedLength + 1), comparisons_left_(kMaxSuggestionComparisons) {
  for (std::string_view name : names) {
    if (name.size() <= kMaxComparedLength) by_length_[name.size()].push_back(name);
  }
}

std::string_view NameIndex::Closest(std::string_view name) {
  if (name.size() > kMaxComparedLength) return {};
  Best best(name);
  const size_t reach = ToleranceFor(name.size());
  const size_t first = name.size() > reach ? name.size() - reach : 0;
  const size_t last = std::min(name.size() + reach, kMaxComparedLength);
  for (size_t length = first; length <= last; ++length) {
    for (std::string_view candidate : by_length_[length]) {
      if (comparisons_left_ == 0) return {};
      --comparisons_left_;
      best.Offer(candidate);
    }
  }
  return best.name();
}

}  // namespace junctor::compiler
