// A stream in OpenAI's form is asked for its usage, because somebody pays by it, though its caller
// did not ask: what is sent to the provider, and what of the answer is not the caller's.
#pragma once

#include <string>
#include <string_view>

#include "runtime/request/body_index.h"

namespace junctor::engine {

// The value of `stream_options` that asks for usage and has all that `options` has, the member as
// text (empty: the request has none). Empty where nothing is to be changed: `options` asks already,
// or is so wrong that the provider is to say so.
std::string WithUsageAsked(std::string_view options);

// `body`, that `index` is of, where it asks for a stream but not for its usage: asking for it.
// Empty: nothing is to be changed.
std::string BodyAskingForUsage(std::string_view body, const BodyIndex& index);

// `chunk`, an event as it came, without the top-level member `"usage":null` of its JSON object,
// which chunks have only where usage was asked for. Unchanged where it has none.
std::string WithoutNullUsage(std::string_view chunk);

}  // namespace junctor::engine
