// The routes that come from files, for whoever shows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace junctor::engine {

// A route of a file, as it serves.
struct FileRoute {
  std::string name;
  std::string file;     // its path
  std::string text;     // that was compiled; the file itself may have changed since and have errors
  int64_t version = 0;  // of the registry: counted since the start
  int64_t modified_ms = 0;  // when that text was read, in Unix milliseconds
};

// Thread-safe.
class FileRoutes {
 public:
  virtual ~FileRoutes() = default;

  // The route `name`; nothing: no file has it.
  virtual std::optional<FileRoute> Find(std::string_view name) const = 0;
  // All of them, by name, without their texts.
  virtual std::vector<FileRoute> All() const = 0;
};

}  // namespace junctor::engine
