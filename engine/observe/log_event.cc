// Log lines. A thread keeps the buffer of its last line, so that a line costs no allocation.
#include "engine/observe/log_event.h"

#include <chrono>
#include <ctime>
#include <utility>

#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

// A buffer larger than this is given back: one huge line must not hold its memory for ever.
constexpr size_t kMaxKeptBuffer = 64 * 1024;

thread_local std::string spare_buffer;

}  // namespace

void AppendTimestamp(std::string* out) {
  const int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  const int64_t second = now / 1000;
  // The calendar is worked out once a second and thread.
  thread_local int64_t cached_second = -1;
  thread_local char cached_text[sizeof("2026-11-21T06:32:48.")] = {};
  if (second != cached_second) {
    const std::time_t time = static_cast<std::time_t>(second);
    std::tm calendar{};
    gmtime_r(&time, &calendar);
    std::strftime(cached_text, sizeof(cached_text), "%Y-%m-%dT%H:%M:%S.", &calendar);
    cached_second = second;
  }
  const int64_t millis = now % 1000;
  out->push_back('"');
  out->append(cached_text);
  out->push_back(static_cast<char>('0' + millis / 100));
  out->push_back(static_cast<char>('0' + millis / 10 % 10));
  out->push_back(static_cast<char>('0' + millis % 10));
  out->append("Z\"");
}

LogEvent::LogEvent(Log* log, LogLevel level, std::string_view event)
    : log_(log->Writes(level) ? log : nullptr) {
  if (log_ == nullptr) return;
  line_ = std::move(spare_buffer);
  line_.assign("{\"time\":");
  AppendTimestamp(&line_);
  line_.append(",\"level\":\"").append(LogLevelName(level)).append("\",\"event\":");
  AppendJsonString(&line_, event);
}

LogEvent::~LogEvent() {
  if (log_ == nullptr) return;
  line_.append("}\n");
  log_->WriteLine(line_);
  if (line_.capacity() <= kMaxKeptBuffer) spare_buffer = std::move(line_);
}

void LogEvent::Key(std::string_view key) { line_.append(",\"").append(key).append("\":"); }

LogEvent& LogEvent::Text(std::string_view key, std::string_view value) {
  if (log_ == nullptr) return *this;
  Key(key);
  AppendJsonString(&line_, value);
  return *this;
}

LogEvent& LogEvent::Integer(std::string_view key, int64_t value) {
  if (log_ == nullptr) return *this;
  Key(key);
  AppendJsonInteger(&line_, value);
  return *this;
}

LogEvent& LogEvent::Unsigned(std::string_view key, uint64_t value) {
  if (log_ == nullptr) return *this;
  Key(key);
  AppendJsonUnsigned(&line_, value);
  return *this;
}

LogEvent& LogEvent::Real(std::string_view key, double value) {
  if (log_ == nullptr) return *this;
  Key(key);
  AppendJsonReal(&line_, value);
  return *this;
}

LogEvent& LogEvent::Milliseconds(std::string_view key, double value) {
  if (log_ == nullptr) return *this;
  Key(key);
  AppendJsonMilliseconds(&line_, value);
  return *this;
}

LogEvent& LogEvent::Bool(std::string_view key, bool value) {
  if (log_ == nullptr) return *this;
  Key(key);
  line_.append(value ? "true" : "false");
  return *this;
}

LogEvent& LogEvent::Json(std::string_view key, std::string_view json) {
  if (log_ == nullptr) return *this;
  Key(key);
  line_.append(json);
  return *this;
}

}  // namespace junctor::engine
