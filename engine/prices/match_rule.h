// The rules by which an entry of the price table names further spellings of its model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace junctor::engine {

// Model names are compared without regard to the case of ASCII letters: this is the form in which
// they are compared.
std::string FoldedModelName(std::string_view name);

// One rule. Immutable; any thread may use it.
class MatchRule {
 public:
  enum class Kind : uint8_t { kEqual, kPrefix, kSuffix, kSubstring, kRegex, kAll };

  // Longest text of a rule; names of models have at most a quarter of that.
  static constexpr size_t kMaxTextBytes = 256;
  // What the automaton of one regular expression may take.
  static constexpr int64_t kMaxRegexMemory = 64 << 10;

  // The kind that a key of the file stands for ("eq", "prefix", …); false where it is none.
  static bool KindOf(std::string_view key, Kind* kind);
  // All keys: "eq, prefix, …".
  static std::string Keys();

  // A rule of any kind but kAll. InvalidArgument for a text that is empty or too long, and for
  // regular expressions that RE2 does not take. A regular expression may be a negative look-ahead
  // from the start, `^(?!X)`, and nothing else: that is the same as not matching `^(?:X)`, which is
  // how it is done, as RE2 has no look-ahead.
  static absl::StatusOr<MatchRule> Make(Kind kind, std::string_view text);
  // Matches where all of `parts` do.
  static MatchRule All(std::vector<MatchRule> parts);

  // Whether a name in the form of FoldedModelName matches.
  bool Matches(std::string_view folded_name) const;

  Kind kind() const { return kind_; }
  // For people: "prefix `gpt-4o`".
  std::string ToString() const;

 private:
  MatchRule(Kind kind, std::string_view text) : kind_(kind), text_(text) {}

  Kind kind_;
  std::string text_;  // as written
  std::string folded_;
  std::shared_ptr<const re2::RE2> regex_;
  bool negated_ = false;  // the regular expression must not match
  std::vector<MatchRule> parts_;
};

}  // namespace junctor::engine
