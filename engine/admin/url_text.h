// Paths and queries of URLs as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace junctor::engine {

// What `+` stands for.
enum class PlusSign : uint8_t { kItself, kSpace };

// The segments between the slashes of a path that begins with one; a slash at the end makes an
// empty last segment. Views into `path`.
std::vector<std::string_view> SplitPath(std::string_view path);

// `text` with `%41` undone, once; nothing where a `%` has no two hex digits behind it, or where the
// result is not UTF-8 or holds a zero byte, which no id and no text of ours does.
std::optional<std::string> DecodePercent(std::string_view text, PlusSign plus);

// `text` as one segment of a path: everything but letters, digits and `-._~` as `%41`.
std::string EncodePercent(std::string_view text);

// `a=b&c=d` decoded, in order. A name without `=` has an empty value.
std::optional<std::vector<std::pair<std::string, std::string>>> DecodeQuery(std::string_view text);

// `text` for a message: cut where it is long, control characters as `?`.
std::string Printable(std::string_view text);

}  // namespace junctor::engine
