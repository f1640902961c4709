// The tool that stands for a response format with models that have none.
#pragma once

#include <string_view>

namespace junctor::engine {

// Its name: the input of a call of it is the answer's content.
inline constexpr std::string_view kJsonToolName = "answer_in_json";

}  // namespace junctor::engine
