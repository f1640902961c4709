// What is known of Claude models by their names: what each generation takes and refuses. Shared by
// all who serve them (Anthropic, Vertex, Bedrock).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace junctor::engine {

// What one Claude model takes. A name of which nothing can be read counts as the newest generation.
struct ClaudeModel {
  uint32_t major = 0;  // 0: not known
  uint32_t minor = 0;

  // Whether the model takes temperature, top_p and top_k at all; from 4.7 on it refuses them.
  bool takes_sampling = false;
  // Whether it takes temperature together with top_p; not from 4.5 on.
  bool takes_temperature_with_top_p = false;
  // How it is asked to think: not at all, with a budget of tokens, or as it sees fit.
  enum class Thinking : uint8_t { kNone, kBudget, kAdaptive };
  Thinking thinking = Thinking::kAdaptive;
  // Whether `thinking` can be told to be off; models that always think refuse it.
  bool takes_thinking_disabled = true;
  // Whether it takes output_config.format; older ones are forced to call a tool instead.
  bool takes_output_format = true;
  // Whether it goes on from an assistant's message that stands last; refused from 4.6 on.
  bool takes_prefill = false;
};

// Reads family and version from any spelling: claude-sonnet-4-5, claude-4-5-sonnet,
// claude-3-5-haiku-20241022, claude-opus-4-1@20250805, us.anthropic.claude-opus-4-7-v1:0, an ARN's
// end.
ClaudeModel ClaudeModelOf(std::string_view name);

// Whether `name` is that of a Claude model, in any spelling.
bool IsClaudeModel(std::string_view name);

// The native spelling of the alias `claude-{major}-{minor}-{family}`: claude-4-5-sonnet is
// claude-sonnet-4-5. Names of the 3.x models, and all others, are given back as they are.
std::string NativeClaudeName(std::string_view name);

}  // namespace junctor::engine
