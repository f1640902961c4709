// One log line while it is put together: typed fields in the order in which they are given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/observe/log.h"

namespace junctor::engine {

// Builds one line {"time","level","event",…} and writes it when it goes out of scope:
//   LogEvent(&log, LogLevel::kInfo, "listening").Text("address", address);
// Formats nothing where the log drops the level. Lives on one thread; several may be open at once
// on it. Keys are literals of ours: they are written as they are.
class LogEvent {
 public:
  LogEvent(Log* log, LogLevel level, std::string_view event);
  LogEvent(const LogEvent&) = delete;
  LogEvent& operator=(const LogEvent&) = delete;
  ~LogEvent();

  LogEvent& Text(std::string_view key, std::string_view value);
  LogEvent& Integer(std::string_view key, int64_t value);
  LogEvent& Unsigned(std::string_view key, uint64_t value);
  LogEvent& Real(std::string_view key, double value);
  LogEvent& Milliseconds(std::string_view key, double value);
  LogEvent& Bool(std::string_view key, bool value);
  // `json` is one JSON value, written as it is.
  LogEvent& Json(std::string_view key, std::string_view json);

 private:
  void Key(std::string_view key);

  Log* log_;  // null: the level is dropped
  std::string line_;
};

// Appends the time now in UTC as RFC 3339 with milliseconds, quoted.
void AppendTimestamp(std::string* out);

}  // namespace junctor::engine
