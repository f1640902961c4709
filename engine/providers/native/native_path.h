// Paths on a provider's own endpoint: which are safe to pass on, and what becomes of a version at
// their head. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "engine/config/base_url.h"
#include "engine/config/provider_record.h"

namespace junctor::engine {

// `text` with `%2D` as what it stands for; what is no such escape stays as it is.
std::string PercentDecoded(std::string_view text);

// Whether `path` may become a part of an upstream request's target. InvalidArgument says why not: a
// `..` segment in any spelling that some server resolves, a backslash, `?`, `#`, a space or a
// control character. Everything else passes unchanged.
absl::Status CheckNativePath(std::string_view path);

// The same for a query without its `?`: no `#`, no space, no control character.
absl::Status CheckNativeQuery(std::string_view query);

// "/a/b/c" → {"a", "/b/c"}; "/a" → {"a", ""}; "" → {"", ""}.
std::pair<std::string_view, std::string_view> SplitFirstSegment(std::string_view path);

// Whether `segment` is a version: `v` and a digit, as in `v1` or `v1beta`.
bool IsVersionSegment(std::string_view segment);

// The path upstream of `rest` (empty, or beginning with `/`) under a base URL, by the record's
// version rule. A version that the base URL of a built-in provider ends in is never doubled.
std::string VersionedPath(const ProviderRecord& record, const BaseUrl& base, std::string_view rest);

}  // namespace junctor::engine
