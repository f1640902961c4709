// The log: JSON lines, one write(2) each, to standard error or to a file. No lock, no queue,
// nothing that a crash could lose.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/observe/log_level.h"

namespace junctor::engine {

// Where lines go. Thread-safe: lines of several threads never mix, since each is one write to a
// descriptor in append mode.
class Log {
 public:
  // Opens `file` for appending, making it (mode 0640) where it does not exist; "-" is standard
  // error. Fails with the path and reason.
  static absl::StatusOr<std::unique_ptr<Log>> Open(LogLevel level, const std::string& file);
  // Writes to `descriptor`, which stays the caller's.
  Log(LogLevel level, int descriptor);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  // Whether lines of `level` are written: ask before anything is formatted.
  bool Writes(LogLevel level) const { return level >= level_ && level != LogLevel::kOff; }

  // Writes one line, which ends with a newline. A line that can't be written (disk full, reader of
  // a pipe slow and the pipe non-blocking, reader gone) is dropped and counted: the gateway goes on
  // serving.
  void WriteLine(std::string_view line);

  // Opens the file anew under its name, so that a log that was renamed by a rotator is let go. Does
  // nothing for standard error.
  absl::Status Reopen();

  // Lines that could not be written since the start.
  uint64_t dropped_lines() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  Log(LogLevel level, int descriptor, std::string file);

  const LogLevel level_;
  const int descriptor_;
  const std::string file_;  // empty: the descriptor is not ours
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace junctor::engine
