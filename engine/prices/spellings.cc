// See spellings.h.
#include "engine/prices/spellings.h"

#include <array>

#include "engine/prices/match_rule.h"

namespace junctor::engine {
namespace {

// What inference profiles of Amazon Bedrock begin with.
constexpr std::array<std::string_view, 9> kGeographies = {"us.", "us-gov.", "eu.", "apac.",  "jp.",
                                                          "au.", "in.",     "ca.", "global."};

std::string_view BehindLastSlash(std::string_view name) {
  return name.substr(name.rfind('/') + 1);  // npos + 1 is 0
}

}  // namespace

std::vector<ModelSpelling> SpellingsOf(std::string_view provider, std::string_view model) {
  std::vector<ModelSpelling> spellings;
  const auto add = [&spellings](std::string_view of, std::string_view name,
                                std::string_view via = "") {
    spellings.push_back({std::string(of), FoldedModelName(name), std::string(via)});
  };

  if (provider == "google-vertex-ai" || provider == "google-ai-studio") {
    add(provider, model);
    if (const std::string_view bare = BehindLastSlash(model); bare != model) add(provider, bare);
  } else if (provider == "aws-bedrock") {
    const std::string_view id = model.starts_with("arn:") ? BehindLastSlash(model) : model;
    add(provider, id);
    for (const std::string_view geography : kGeographies) {
      if (id.starts_with(geography)) add(provider, id.substr(geography.size()));
    }
  } else if (provider == "azure-openai") {
    add(provider, model);
    add("openai", model);
  } else if (provider == "huggingface") {
    const size_t colon = model.rfind(':');
    if (colon == std::string_view::npos) {
      add(provider, model);
    } else {
      add(provider, model.substr(0, colon), model.substr(colon + 1));
      add(provider, model.substr(0, colon));
    }
  } else {
    add(provider, model);
  }
  return spellings;
}

}  // namespace junctor::engine
