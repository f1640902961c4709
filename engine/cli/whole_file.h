// Files that commands write.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace junctor::engine {

// Writes beside `path` and renames over it: whoever reads it sees the old file or the new one,
// never half of one. `mode` is the new file's. FailedPrecondition names the path.
absl::Status WriteWholeFile(const std::string& path, std::string_view bytes, mode_t mode);

}  // namespace junctor::engine
