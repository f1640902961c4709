// Asking a stream of completions in OpenAI's form for its usage, where its caller did not.
#pragma once

#include <string>
#include <string_view>

#include "runtime/request/body_index.h"

namespace junctor::engine {

// Whether the body that `index` is of asks for a stream.
bool AsksForStream(const BodyIndex& index);
// Whether its caller's stream will tell its usage anyway.
bool AsksForUsage(const BodyIndex& index);

// The member `"stream_options":{…}` that asks for the usage, with what the caller has in it
// besides.
std::string StreamOptionsWithUsage(const BodyIndex& index);

// `body`, a JSON object that `index` is of, with that member.
std::string BodyAskingForUsage(std::string_view body, const BodyIndex& index);

}  // namespace junctor::engine
