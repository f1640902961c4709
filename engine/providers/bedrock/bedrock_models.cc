#include "engine/providers/bedrock/bedrock_models.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "engine/providers/anthropic/claude_models.h"

namespace junctor::engine {
namespace {

// The longest id that Bedrock's own pattern has room for.
constexpr size_t kMaxModelIdBytes = 2048;

struct Family {
  std::string_view beginning;
  BedrockModel model;
};

constexpr auto kFamilies = std::to_array<Family>({
#define JUNCTOR_BEDROCK_FAMILY(beginning, system, output_format, effort, prefill) \
  {beginning, {false, system, output_format, effort, prefill}},
#include "engine/providers/bedrock/bedrock_models.def"
#undef JUNCTOR_BEDROCK_FAMILY
});

// Where an inference profile spreads its calls.
constexpr std::array<std::string_view, 8> kGeographies = {"us.", "us-gov.", "eu.", "apac.",
                                                          "jp.", "au.",     "ca.", "global."};

// The id without an ARN's beginning and a geography.
std::string_view BareId(std::string_view id) {
  const size_t slash = id.rfind('/');
  if (slash != std::string_view::npos) id.remove_prefix(slash + 1);
  for (const std::string_view geography : kGeographies) {
    if (id.starts_with(geography)) return id.substr(geography.size());
  }
  return id;
}

}  // namespace

BedrockModel BedrockModelOf(std::string_view id) {
  const std::string_view bare = BareId(id);
  if (IsClaudeModel(bare)) {
    const ClaudeModel claude = ClaudeModelOf(bare);
    BedrockModel model;
    model.is_claude = true;
    model.takes_output_format = claude.takes_output_format;
    model.takes_prefill = claude.takes_prefill;
    return model;
  }
  const auto* family = std::find_if(kFamilies.begin(), kFamilies.end(), [bare](const Family& f) {
    return bare.starts_with(f.beginning);
  });
  return family == kFamilies.end() ? BedrockModel{} : family->model;
}

absl::StatusOr<std::string> BedrockPathSegment(std::string_view id) {
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' ||
           c == ':' || c == '/';
  });
  if (id.empty() || id.size() > kMaxModelIdBytes || !plain ||
      id.find("..") != std::string_view::npos || id == ".") {
    return absl::InvalidArgumentError(
        "`model` is `" + std::string(id.substr(0, 100)) +
        "`: a Bedrock model is an id such as `us.anthropic.claude-haiku-4-5-20251001-v1:0` or an "
        "ARN, of letters, digits and `-._:/`");
  }
  std::string segment;
  for (const char c : id) {
    if (c == ':') {
      segment += "%3A";
    } else if (c == '/') {
      segment += "%2F";
    } else {
      segment.push_back(c);
    }
  }
  return segment;
}

}  // namespace junctor::engine
