#include "engine/providers/anthropic/claude_models.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kClaude = "claude";
constexpr std::array<std::string_view, 3> kFamilies = {"opus", "sonnet", "haiku"};

// A version as one number that can be compared.
constexpr uint32_t Version(uint32_t major, uint32_t minor) { return major * 100 + minor; }

constexpr uint32_t kFirstThinking = Version(3, 7);
constexpr uint32_t kFirstCurrent = Version(4, 5);    // output_config.format; one of the samplings
constexpr uint32_t kFirstAdaptive = Version(4, 6);   // adaptive thinking; no prefill
constexpr uint32_t kFirstUnsampled = Version(4, 7);  // no temperature, top_p, top_k
constexpr uint32_t kFirstAlwaysThinking = Version(5, 0);  // thinks by default

std::string Lower(std::string_view text) {
  std::string lower(text);
  absl::AsciiStrToLower(&lower);
  return lower;
}

// The value of a version's part: one or two digits, so that dates are none.
std::optional<uint32_t> VersionPart(std::string_view token) {
  if (token.empty() || token.size() > 2) return std::nullopt;
  uint32_t value = 0;
  for (char c : token) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  return value;
}

std::vector<std::string_view> Tokens(std::string_view text) {
  std::vector<std::string_view> tokens;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("-_.@:/ "), text.size());
    tokens.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return tokens;
}

// The version in what follows "claude" in a name; 0.0: none.
void ReadVersion(std::string_view rest, ClaudeModel* model) {
  const std::vector<std::string_view> tokens = Tokens(rest);
  for (size_t i = 0; i < tokens.size(); ++i) {
    // claude-v2:1 is the one spelling with a letter.
    const std::string_view digits =
        tokens[i].starts_with('v') && i == 1 ? tokens[i].substr(1) : tokens[i];
    const std::optional<uint32_t> major = VersionPart(digits);
    if (!major.has_value() || *major == 0) continue;
    model->major = *major;
    if (i + 1 < tokens.size()) model->minor = VersionPart(tokens[i + 1]).value_or(0);
    return;
  }
}

}  // namespace

ClaudeModel ClaudeModelOf(std::string_view name) {
  ClaudeModel model;
  const std::string lower = Lower(name);
  if (const size_t claude = lower.rfind(kClaude); claude != std::string::npos) {
    ReadVersion(std::string_view(lower).substr(claude + kClaude.size()), &model);
  }
  if (model.major == 0) {
    model.takes_thinking_disabled = false;
    return model;
  }
  const uint32_t version = Version(model.major, model.minor);
  model.takes_sampling = version < kFirstUnsampled;
  model.takes_temperature_with_top_p = version < kFirstCurrent;
  model.thinking = version < kFirstThinking   ? ClaudeModel::Thinking::kNone
                   : version < kFirstAdaptive ? ClaudeModel::Thinking::kBudget
                                              : ClaudeModel::Thinking::kAdaptive;
  model.takes_thinking_disabled = version >= kFirstThinking && version < kFirstAlwaysThinking;
  model.takes_output_format = version >= kFirstCurrent;
  model.takes_prefill = version < kFirstAdaptive;
  return model;
}

bool IsClaudeModel(std::string_view name) { return Lower(name).find(kClaude) != std::string::npos; }

std::string NativeClaudeName(std::string_view name) {
  // claude-{major}-{minor}-{family}, and a date or region after it.
  const std::string original(name);
  constexpr std::string_view kPrefix = "claude-";
  if (!name.starts_with(kPrefix)) return original;
  name.remove_prefix(kPrefix.size());
  std::array<std::string_view, 2> version;
  for (std::string_view& part : version) {
    const size_t dash = name.find('-');
    if (dash == std::string_view::npos) return original;
    part = name.substr(0, dash);
    if (!VersionPart(part).has_value()) return original;
    name.remove_prefix(dash + 1);
  }
  if (*VersionPart(version[0]) <= 3) return original;
  for (std::string_view family : kFamilies) {
    if (!name.starts_with(family)) continue;
    const std::string_view suffix = name.substr(family.size());
    if (!suffix.empty() && suffix.front() != '-' && suffix.front() != '@') continue;
    std::string native(kPrefix);
    native.append(family).append("-").append(version[0]).append("-").append(version[1]);
    return native.append(suffix);
  }
  return original;
}

}  // namespace junctor::engine
