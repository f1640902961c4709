// Whole small files as strings, with a bound and with errors that say what happened.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace junctor::engine {

// The content of the regular file `path` (links followed), at most `max_bytes`: NotFound,
// PermissionDenied, or InvalidArgument for folders, devices and files that are longer. Messages do
// not repeat the path.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

}  // namespace junctor::engine
