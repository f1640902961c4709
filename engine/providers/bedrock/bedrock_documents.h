// Images and documents as Converse takes them.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/providers/chat/chat_request.h"
#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {

// Writes the image block for `part`. `place` names the part in errors.
absl::Status WriteBedrockImage(const ContentPart& part, const std::string& place,
                               JsonWriter* writer);

// Writes the document block for `part`. `names` holds the names that the request has used: Converse
// wants each once.
absl::Status WriteBedrockDocument(const ContentPart& part, const std::string& place,
                                  std::set<std::string>* names, JsonWriter* writer);

// `filename` as the name of a document: without its extension, only letters, digits, single spaces
// and `-()[]`. "document" where nothing is left of it.
std::string BedrockDocumentName(std::string_view filename);

}  // namespace junctor::engine
