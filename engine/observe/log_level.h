// How much a log line matters.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace junctor::engine {

// In rising order; a log of one level drops everything below it.
enum class LogLevel : uint8_t {
  kDebug,  // what only a developer of junctor needs
  kInfo,   // requests, versions put live, start and stop
  kWarn,   // something works, but not as its author may think
  kError,  // something does not work: a route file with errors, an unusable directory
  kOff,    // nothing
};

// "debug", "info", "warn", "error", "off".
std::string_view LogLevelName(LogLevel level);

// The level spelled `name`, or nothing.
std::optional<LogLevel> ParseLogLevel(std::string_view name);

}  // namespace junctor::engine
