// What is known of Bedrock's models by their ids: what Converse can be asked of each.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace junctor::engine {

// What one model takes. An id that tells nothing (the ARN of a provisioned or imported model)
// counts as a model that takes what most do.
struct BedrockModel {
  bool is_claude = false;
  bool takes_system = true;             // else: before the first text of the user
  bool takes_output_format = false;     // outputConfig.textFormat; else a tool is forced
  bool takes_reasoning_effort = false;  // additionalModelRequestFields.reasoning_effort
  bool takes_prefill = false;           // goes on from an assistant's message that stands last
};

// Of an id ("anthropic.claude-3-haiku-20240307-v1:0"), with a geography before it ("us.…") or not,
// or of an ARN.
BedrockModel BedrockModelOf(std::string_view id);

// `id` as one segment of a path. InvalidArgument where it is no model's id: characters that no id
// has, `..`, too long.
absl::StatusOr<std::string> BedrockPathSegment(std::string_view id);

}  // namespace junctor::engine
