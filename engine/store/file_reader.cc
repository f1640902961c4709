// Reading through a descriptor, so that what is checked and what is read are one file.
#include "engine/store/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace junctor::engine {
namespace {

absl::Status ErrnoStatus(int error) {
  const std::string message = std::generic_category().message(error);
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  return absl::FailedPreconditionError(message);
}

// Closes a descriptor at the end of a scope.
class ScopedDescriptor {
 public:
  explicit ScopedDescriptor(int descriptor) : descriptor_(descriptor) {}
  ScopedDescriptor(const ScopedDescriptor&) = delete;
  ScopedDescriptor& operator=(const ScopedDescriptor&) = delete;
  ~ScopedDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  // Non-blocking: opening a named pipe must not wait for its writer.
  const ScopedDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return ErrnoStatus(errno);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return ErrnoStatus(errno);
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(S_ISDIR(info.st_mode) ? "it is a directory"
                                                            : "it is not a regular file");
  }
  std::string text;
  size_t size = 0;
  while (size <= max_bytes) {
    // One byte more than the file is said to have: the read that finds nothing ends the loop.
    const size_t expected = static_cast<size_t>(std::max<off_t>(info.st_size, 0)) + 1;
    text.resize(std::min(max_bytes + 1, std::max(expected, size + 64 * 1024)));
    const ssize_t count = read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno);
    if (count == 0) {
      text.resize(size);
      return text;
    }
    size += static_cast<size_t>(count);
  }
  return absl::InvalidArgumentError("it is too long (limit is " + std::to_string(max_bytes) +
                                    " bytes)");
}

}  // namespace junctor::engine
