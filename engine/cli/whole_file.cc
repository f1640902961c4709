// Writing by rename.
#include "engine/cli/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace junctor::engine {
namespace {

absl::Status WriteError(const std::string& path) {
  return absl::FailedPreconditionError("cannot write `" + path +
                                       "`: " + std::generic_category().message(errno));
}

}  // namespace

absl::Status WriteWholeFile(const std::string& path, std::string_view bytes, mode_t mode) {
  const std::string temporary = path + ".tmp." + std::to_string(getpid());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return WriteError(path);
  absl::Status status;
  while (!bytes.empty() && status.ok()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      status = WriteError(path);
    }
  }
  if (close(file) != 0 && status.ok()) status = WriteError(path);
  if (status.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) status = WriteError(path);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace junctor::engine
