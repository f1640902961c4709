// JSON text, appended to a string that its owner reuses: what log lines are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace junctor::engine {

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, so that
// the line stays JSON.
void AppendJsonString(std::string* out, std::string_view text);

void AppendJsonInteger(std::string* out, int64_t value);
void AppendJsonUnsigned(std::string* out, uint64_t value);
// The shortest decimal that reads back as `value`; null for infinities and NaN, which JSON does not
// have.
void AppendJsonReal(std::string* out, double value);
// `value` with at most three decimals: milliseconds with microseconds behind the point.
void AppendJsonMilliseconds(std::string* out, double value);

}  // namespace junctor::engine
