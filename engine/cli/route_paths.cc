#include "engine/cli/route_paths.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace junctor::engine {
namespace {

bool IsRouteFile(const std::filesystem::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  std::error_code error;
  return !name.starts_with('.') && (name.ends_with(".json") || name.ends_with(".jsonc")) &&
         !entry.is_directory(error);
}

}  // namespace

absl::StatusOr<std::vector<RoutePath>> ExpandRoutePath(const std::string& path) {
  std::error_code error;
  if (path == "-" || !std::filesystem::is_directory(path, error)) {
    return std::vector<RoutePath>{{path, std::string()}};
  }
  std::vector<RoutePath> files;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (IsRouteFile(*entry)) files.push_back({entry->path().string(), path});
  }
  if (error) {
    return absl::FailedPreconditionError("cannot read `" + path + "`: " + error.message());
  }
  if (files.empty()) {
    return absl::NotFoundError("`" + path + "` holds no route files (*.json, *.jsonc)");
  }
  std::sort(files.begin(), files.end(),
            [](const RoutePath& a, const RoutePath& b) { return a.path < b.path; });
  return files;
}

}  // namespace junctor::engine
