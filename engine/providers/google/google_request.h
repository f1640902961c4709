// From a chat request to the body of generateContent: the same on AI Studio and on Vertex AI.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/providers/chat/chat_request.h"

namespace junctor::engine {

// Most stop sequences that Google takes.
inline constexpr size_t kMaxGoogleStops = 5;
// Longest name of a model that becomes part of a path.
inline constexpr size_t kMaxModelNameBytes = 256;

// Replaces `body` by the body that asks `model` what `chat` asks. InvalidArgument names what can't
// be asked of it.
absl::Status WriteGoogleRequest(const ChatRequest& chat, std::string_view model, std::string* body);

// Whether `name` can stand in a path as it is: letters, digits and "._-@", beginning with a letter
// or digit, without "..".
bool IsModelPathSegment(std::string_view name);

// OK, or InvalidArgument that says what of `name` does not fit into a path.
absl::Status CheckModelPathSegment(std::string_view name);

}  // namespace junctor::engine
