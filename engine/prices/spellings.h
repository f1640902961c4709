// Under which names a model is looked up: providers call one model by several.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace junctor::engine {

// One look-up in the price table.
struct ModelSpelling {
  std::string provider;
  std::string model;  // as FoldedModelName
  std::string via;    // only entries of this back end; empty: any
};

// What to look up for `model` of `provider`, the best first:
// - google-vertex-ai, google-ai-studio: the name, then what stands behind its last slash (without
//   publisher or `models/`);
// - aws-bedrock: the name (of an ARN what stands behind its last slash), then without a geography's
//   prefix (`us.`, `global.`, …);
// - azure-openai: the name, then the same among openai's models;
// - huggingface: without `:provider`, from that back end, then from any;
// - else the name.
std::vector<ModelSpelling> SpellingsOf(std::string_view provider, std::string_view model);

}  // namespace junctor::engine
