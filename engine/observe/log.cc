// One write(2) per line. O_APPEND makes the kernel the one that keeps lines of several threads
// apart.
#include "engine/observe/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace junctor::engine {
namespace {

constexpr mode_t kLogFileMode = 0640;  // request lines name routes and models: not for everybody

int OpenForAppending(const std::string& file) {
  int descriptor = -1;
  do {
    descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kLogFileMode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

absl::Status OpenError(const std::string& file, int error) {
  return absl::FailedPreconditionError("cannot open the log file `" + file +
                                       "`: " + std::generic_category().message(error));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Log>> Log::Open(LogLevel level, const std::string& file) {
  if (file == "-") return std::make_unique<Log>(level, STDERR_FILENO);
  const int descriptor = OpenForAppending(file);
  if (descriptor < 0) return OpenError(file, errno);
  return std::unique_ptr<Log>(new Log(level, descriptor, file));
}

Log::Log(LogLevel level, int descriptor) : Log(level, descriptor, std::string()) {}

Log::Log(LogLevel level, int descriptor, std::string file)
    : level_(level), descriptor_(descriptor), file_(std::move(file)) {}

Log::~Log() {
  if (!file_.empty()) close(descriptor_);
}

void Log::WriteLine(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = write(descriptor_, line.data(), line.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    line.remove_prefix(static_cast<size_t>(written));
  }
}

absl::Status Log::Reopen() {
  if (file_.empty()) return absl::OkStatus();
  const int fresh = OpenForAppending(file_);
  if (fresh < 0) return OpenError(file_, errno);
  // dup3 puts the new file behind the old descriptor in one step: no writer ever sees a closed one.
  const int moved = dup3(fresh, descriptor_, O_CLOEXEC);
  const int error = errno;
  close(fresh);
  return moved < 0 ? OpenError(file_, error) : absl::OkStatus();
}

}  // namespace junctor::engine
