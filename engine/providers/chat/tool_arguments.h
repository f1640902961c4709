// Arguments of a tool call, as the providers that want them as an object get them.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"

namespace junctor::engine {

// `arguments` of call `call` of message `message` as the text of a JSON object: itself, or "{}"
// where it is blank. InvalidArgument naming the place where it is not JSON or no object.
absl::StatusOr<std::string_view> ToolArgumentsObject(std::string_view arguments, size_t message,
                                                     size_t call);

}  // namespace junctor::engine
