// Small differences of the providers that speak OpenAI's chat completions, as data: what
// SplicedBody changes in a request on its way to them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace junctor::engine {

enum class RequestEditAction : uint8_t {
  kDrop,    // the field is left out
  kRename,  // the field gets another name; left out where a field of that name is there already
};

// One edit of a top-level field.
struct RequestEdit {
  std::string_view provider;  // its slug
  std::string_view field;
  RequestEditAction action = RequestEditAction::kDrop;
  std::string_view new_name;  // kRename
};

// The edits for a provider, by its slug (not an alias); none for most. Data: request_edits.def.
std::span<const RequestEdit> RequestEditsFor(std::string_view slug);

}  // namespace junctor::engine
