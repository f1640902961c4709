// Keys of windows as people read them, and back: the parts of a key as JSON values, or the key
// whole as an opaque text. Between the encoding of keys (runtime/interp/key_encoding.h) and what
// operators see and send.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "runtime/program/value.h"

namespace junctor::engine {

// A key as a JSON array with one entry a field; `[]` where there are no fields, or none had a value
// (R17). A field is the JSON value that the request had, but for three, which are objects:
// `{"missing": true}`, `{"several": […]}` for a path with several values, and
// `{"hashed": "<hex>", "bytes": N}` for one whose encoding is too long for a key. An object of the
// request that has a member with one of these names, or `value`, stands in `{"value": …}`. Nothing
// where `key` is no encoding of keys.
std::optional<std::string> LimitKeyJson(std::string_view key);

// The key that a JSON array of that form stands for. InvalidArgument says what is wrong, to stand
// behind the field's name.
absl::StatusOr<std::string> ReadLimitKeyJson(std::string_view json);
absl::StatusOr<std::string> LimitKeyOf(const Value& parts);

// A key as one text of letters, digits, `-` and `_`, exact for every key.
std::string LimitKeyId(std::string_view key);
// Nothing where `id` is no key's.
std::optional<std::string> ReadLimitKeyId(std::string_view id);

}  // namespace junctor::engine
