// Ids of tool calls as Mistral takes them.
#pragma once

#include <string>
#include <string_view>

namespace junctor::engine {

// `id` itself where it is nine letters and digits, as Mistral's own are; else nine that a hash
// makes of it: the same for the same id, in every turn and every process, so that calls and results
// still belong together.
std::string MistralToolCallId(std::string_view id);

}  // namespace junctor::engine
