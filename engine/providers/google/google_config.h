// The settings of a generateContent request: generationConfig, and what callers may pass on to
// Google beyond OpenAI's fields. For google_request.cc alone.
#pragma once

#include "absl/status/status.h"
#include "engine/providers/chat/chat_request.h"
#include "engine/providers/chat/json_writer.h"
#include "engine/providers/google/gemini_models.h"

namespace simdjson::dom {
class parser;
}  // namespace simdjson::dom

namespace junctor::engine {

// Writes `generationConfig` as a member of the object that `writer` has begun; nothing where it
// would be empty. InvalidArgument names the field that Google can't take.
absl::Status WriteGenerationConfig(const ChatRequest& chat, const GeminiTraits& traits,
                                   simdjson::dom::parser* parser, JsonWriter* writer);

// Writes `safetySettings` and `cachedContent`, from `safety_settings` and from `google` or
// `extra_body.google`. InvalidArgument names the one that is not of the form Google wants.
absl::Status WriteGoogleExtensions(const ChatRequest& chat, simdjson::dom::parser* parser,
                                   JsonWriter* writer);

}  // namespace junctor::engine
