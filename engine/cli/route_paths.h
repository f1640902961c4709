// Files and folders of routes, as commands are given them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace junctor::engine {

// One route file, and the folder that was asked for, where it was not asked for itself.
struct RoutePath {
  std::string path;
  std::string folder;
};

// The files that `path` stands for: itself, or a folder's *.json and *.jsonc by name, without
// hidden ones and without entering folders in it. NotFound where a folder holds none.
absl::StatusOr<std::vector<RoutePath>> ExpandRoutePath(const std::string& path);

}  // namespace junctor::engine
