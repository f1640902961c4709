// V1: sizes are within program_limits.h.
#include <limits>

#include "runtime/program/program_limits.h"
#include "runtime/program/verifier_rules.h"

namespace junctor {
namespace {

absl::Status AtMost(size_t count, size_t limit, std::string_view what) {
  if (count <= limit) return absl::OkStatus();
  return Broken("V1", "too many ", std::string(what), ": ", count, " (limit is ", limit, ")");
}

absl::Status TextAtMost(const std::string& text, size_t limit, std::string_view what) {
  if (text.size() <= limit) return absl::OkStatus();
  return Broken("V1", std::string(what), " is too long: ", text.size(), " bytes (limit is ", limit,
                ")");
}

// Sums up the sizes of one list per table.
template <typename Tables, typename List>
size_t Total(const Tables& tables, List list) {
  size_t total = 0;
  for (const auto& table : tables) total += (table.*list).size();
  return total;
}

// Of several checks the first that fails.
absl::Status First(std::initializer_list<absl::Status> statuses) {
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status VerifyTexts(const ProgramParts& parts) {
  for (const std::string& field : parts.fields) {
    absl::Status status = TextAtMost(field, kMaxStringBytes, "a field");
    if (!status.ok()) return status;
  }
  for (const PatternSpec& pattern : parts.patterns) {
    absl::Status status = TextAtMost(pattern.pattern, kMaxStringBytes, "a pattern");
    if (!status.ok()) return status;
  }
  for (const MatcherSpec& matcher : parts.matchers) {
    for (const MatcherNode& node : matcher.nodes) {
      absl::Status status = TextAtMost(node.path, kMaxStringBytes, "a matcher's path");
      if (!status.ok()) return status;
    }
  }
  for (const SplitSpec& split : parts.splits) {
    for (const SplitSpec::Output& output : split.outputs) {
      absl::Status status = TextAtMost(output.label, kMaxStringBytes, "an output's label");
      if (!status.ok()) return status;
    }
  }
  size_t params_bytes = 0;
  for (const ModelSpec& model : parts.models) params_bytes += model.params.size();
  if (params_bytes > kMaxParamsBytes) {
    return Broken("V1", "the models' params are too long: ", params_bytes, " bytes (limit is ",
                  kMaxParamsBytes, ")");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status VerifySizes(const ProgramParts& parts) {
  absl::Status status = First({
      AtMost(parts.code.size(), kMaxCode, "instructions"),
      AtMost(parts.elements.size(), kMaxElements, "elements"),
      AtMost(parts.constants.size(), kMaxConstantValues, "constants"),
      AtMost(parts.patterns.size(), kMaxPatterns, "patterns"),
      AtMost(parts.matchers.size(), kMaxMatcherNodes, "matchers"),
      AtMost(Total(parts.matchers, &MatcherSpec::nodes), kMaxMatcherNodes, "matcher nodes"),
      AtMost(parts.switches.size(), kMaxCode, "switches"),
      AtMost(Total(parts.switches, &SwitchSpec::cases), kMaxSwitchCases, "switch cases"),
      AtMost(parts.splits.size(), kMaxElements, "splits"),
      AtMost(parts.limits.size(), kMaxElements, "limits"),
      AtMost(parts.models.size(), kMaxElements, "models"),
  });
  return status.ok() ? VerifyTexts(parts) : status;
}

}  // namespace junctor
