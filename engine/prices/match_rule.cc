// See match_rule.h.
#include "engine/prices/match_rule.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/status/status.h"

namespace junctor::engine {
namespace {

struct KindName {
  std::string_view key;
  MatchRule::Kind kind;
};

constexpr std::array<KindName, 6> kKindNames = {{{"eq", MatchRule::Kind::kEqual},
                                                 {"prefix", MatchRule::Kind::kPrefix},
                                                 {"suffix", MatchRule::Kind::kSuffix},
                                                 {"has", MatchRule::Kind::kSubstring},
                                                 {"re", MatchRule::Kind::kRegex},
                                                 {"and", MatchRule::Kind::kAll}}};

constexpr std::string_view kLookAhead = "^(?!";

// Where the parenthesis closes that is open before `text`, or npos.
size_t ClosingParenthesis(std::string_view text) {
  size_t depth = 1;
  bool in_class = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      // A bracket that stands first in a class is one of its members.
      if (i + 1 < text.size() && text[i + 1] == '^') ++i;
      if (i + 1 < text.size() && text[i + 1] == ']') ++i;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

// What must not match, of a regular expression that is one negative look-ahead from the start.
std::optional<std::string> LookAheadBody(std::string_view pattern) {
  if (!pattern.starts_with(kLookAhead)) return std::nullopt;
  const std::string_view rest = pattern.substr(kLookAhead.size());
  const size_t close = ClosingParenthesis(rest);
  if (close == std::string_view::npos || close + 1 != rest.size()) return std::nullopt;
  return "^(?:" + std::string(rest.substr(0, close)) + ")";
}

}  // namespace

std::string FoldedModelName(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

bool MatchRule::KindOf(std::string_view key, Kind* kind) {
  for (const KindName& name : kKindNames) {
    if (name.key != key) continue;
    *kind = name.kind;
    return true;
  }
  return false;
}

std::string MatchRule::Keys() {
  std::string keys;
  for (const KindName& name : kKindNames) {
    if (!keys.empty()) keys += ", ";
    keys += name.key;
  }
  return keys;
}

absl::StatusOr<MatchRule> MatchRule::Make(Kind kind, std::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("expected a text, found an empty one");
  if (text.size() > kMaxTextBytes) {
    return absl::InvalidArgumentError("expected at most " + std::to_string(kMaxTextBytes) +
                                      " bytes, found " + std::to_string(text.size()));
  }
  MatchRule rule(kind, text);
  rule.folded_ = FoldedModelName(text);
  if (kind != Kind::kRegex) return rule;

  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kMaxRegexMemory);
  const std::optional<std::string> body = LookAheadBody(text);
  rule.negated_ = body.has_value();
  auto regex = std::make_shared<RE2>(body.has_value() ? *body : std::string(text), options);
  if (!regex->ok()) {
    return absl::InvalidArgumentError("RE2 does not take `" + std::string(text) +
                                      "`: " + regex->error());
  }
  rule.regex_ = std::move(regex);
  return rule;
}

MatchRule MatchRule::All(std::vector<MatchRule> parts) {
  MatchRule rule(Kind::kAll, "");
  rule.parts_ = std::move(parts);
  return rule;
}

bool MatchRule::Matches(std::string_view folded_name) const {
  switch (kind_) {
    case Kind::kEqual:
      return folded_name == folded_;
    case Kind::kPrefix:
      return folded_name.starts_with(folded_);
    case Kind::kSuffix:
      return folded_name.ends_with(folded_);
    case Kind::kSubstring:
      return folded_name.find(folded_) != std::string_view::npos;
    case Kind::kRegex:
      return RE2::PartialMatch(re2::StringPiece(folded_name.data(), folded_name.size()), *regex_) !=
             negated_;
    case Kind::kAll:
      return std::all_of(parts_.begin(), parts_.end(), [folded_name](const MatchRule& part) {
        return part.Matches(folded_name);
      });
  }
  return false;
}

std::string MatchRule::ToString() const {
  if (kind_ == Kind::kAll) {
    std::string text;
    for (const MatchRule& part : parts_) text += (text.empty() ? "" : " and ") + part.ToString();
    return text;
  }
  for (const KindName& name : kKindNames) {
    if (name.kind == kind_) return std::string(name.key) + " `" + text_ + "`";
  }
  return text_;
}

}  // namespace junctor::engine
