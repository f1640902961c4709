#include "runtime/request/request_facts.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "runtime/request/json_cursor.h"

namespace junctor {
namespace {

constexpr int64_t kSecondsPerHour = 3600;
constexpr int64_t kSecondsPerDay = 24 * kSecondsPerHour;
// 1 January 1970 was a Thursday, the fourth day.
constexpr int64_t kEpochWeekday = 4;
// The rule of thumb for English text.
constexpr uint64_t kBytesPerToken = 4;

std::string_view BodyValue(const Request& request, std::string_view key) {
  return request.body == nullptr ? std::string_view() : request.body->Find(key);
}

bool IsNonEmptyArray(std::string_view text) {
  JsonCursor cursor(text);
  return cursor.Consume('[') && cursor.Next() != ']';
}

// The last member named `key` of the object `text`, raw; empty where there is none.
std::string_view LastMember(std::string_view text, std::string_view key) {
  std::string_view found;
  ForEachMember(text, [&](std::string_view name, std::string_view value) {
    if (RawStringIs(name, key)) found = value;
  });
  return found;
}

// Whether `text` is the JSON string `expected`.
bool IsString(std::string_view text, std::string_view expected) {
  return text.size() >= 2 && text.front() == '"' &&
         RawStringIs(text.substr(1, text.size() - 2), expected);
}

template <typename Visit>
void ForEachMessage(const Request& request, Visit&& visit) {
  ForEachItem(BodyValue(request, "messages"), visit);
}

// Visits the raw JSON strings that make up a message's text: its content, or the texts of its
// content parts.
template <typename Visit>
void ForEachText(std::string_view message, Visit&& visit) {
  const std::string_view content = LastMember(message, "content");
  if (content.empty()) return;
  if (content.front() == '"') {
    visit(content);
  } else if (content.front() == '[') {
    ForEachItem(content, [&](std::string_view part) {
      const std::string_view text = LastMember(part, "text");
      if (!text.empty() && text.front() == '"') visit(text);
    });
  }
}

uint64_t CountMessages(const Request& request) {
  uint64_t count = 0;
  ForEachMessage(request, [&](std::string_view) { ++count; });
  return count;
}

uint64_t EstimateTokens(const Request& request) {
  uint64_t bytes = 0;
  ForEachMessage(request, [&](std::string_view message) {
    ForEachText(message, [&](std::string_view text) { bytes += DecodedSize(text); });
  });
  return (bytes + kBytesPerToken - 1) / kBytesPerToken;
}

bool HasImages(const Request& request) {
  bool found = false;
  ForEachMessage(request, [&](std::string_view message) {
    const std::string_view content = LastMember(message, "content");
    if (content.empty() || content.front() != '[') return;
    ForEachItem(content, [&](std::string_view part) {
      const std::string_view type = LastMember(part, "type");
      found |= IsString(type, "image_url") || IsString(type, "input_image");
    });
  });
  return found;
}

Value LastUserText(const Request& request, std::pmr::memory_resource* arena) {
  std::string_view last;
  ForEachMessage(request, [&](std::string_view message) {
    if (IsString(LastMember(message, "role"), "user")) last = message;
  });
  if (last.empty()) return Value();
  size_t parts = 0;
  Value single;
  size_t size = 0;
  ForEachText(last, [&](std::string_view text) {
    ++parts;
    single = DecodeScalar(text, arena);
    size += text.size();
  });
  if (parts == 0) return Value::String("");
  if (parts == 1) return single;
  // A raw text has two quotes, which leave room for the newline.
  auto* joined = static_cast<char*>(arena->allocate(size, 1));
  char* out = joined;
  ForEachText(last, [&](std::string_view text) {
    const Value part = DecodeScalar(text, arena);
    if (part.is_missing()) return;
    if (out != joined) *out++ = '\n';
    out = std::copy(part.string().begin(), part.string().end(), out);
  });
  return Value::String({joined, static_cast<size_t>(out - joined)});
}

Value UpperCase(std::string_view text, std::pmr::memory_resource* arena) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (std::none_of(text.begin(), text.end(), is_lower)) return Value::String(text);
  auto* copy = static_cast<char*>(arena->allocate(text.size(), 1));
  std::transform(text.begin(), text.end(), copy,
                 [&](char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; });
  return Value::String({copy, text.size()});
}

int64_t FloorMod(int64_t value, int64_t modulus) {
  const int64_t rest = value % modulus;
  return rest < 0 ? rest + modulus : rest;
}

int64_t HourUtc(int64_t unix_seconds) {
  return FloorMod(unix_seconds, kSecondsPerDay) / kSecondsPerHour;
}

int64_t WeekdayUtc(int64_t unix_seconds) {
  const int64_t seconds = FloorMod(unix_seconds, 7 * kSecondsPerDay);
  return (seconds / kSecondsPerDay + kEpochWeekday - 1) % 7 + 1;
}

Value Count(uint64_t value) { return Value::Int(static_cast<int64_t>(value)); }

}  // namespace

Value ComputeFact(RequestFact fact, const Request& request, std::pmr::memory_resource* arena) {
  switch (fact) {
    case RequestFact::kMethod:
      return UpperCase(request.method, arena);
    case RequestFact::kPath:
      return Value::String(request.path.substr(0, request.path.find('?')));
    case RequestFact::kStream:
      return Value::Bool(BodyValue(request, "stream") == "true");
    case RequestFact::kModel: {
      const std::string_view text = BodyValue(request, "model");
      return !text.empty() && text.front() == '"' ? DecodeScalar(text, arena) : Value();
    }
    case RequestFact::kBodyBytes:
      return Count(request.body_bytes);
    case RequestFact::kMessageCount:
      return Count(CountMessages(request));
    case RequestFact::kEstimatedInputTokens:
      return Count(EstimateTokens(request));
    case RequestFact::kHasTools:
      return Value::Bool(IsNonEmptyArray(BodyValue(request, "tools")) ||
                         IsNonEmptyArray(BodyValue(request, "functions")));
    case RequestFact::kHasImages:
      return Value::Bool(HasImages(request));
    case RequestFact::kLastUserText:
      return LastUserText(request, arena);
    case RequestFact::kClientIp:
      return request.client_ip.empty() ? Value() : Value::String(request.client_ip);
    case RequestFact::kHourUtc:
      return Value::Int(HourUtc(request.unix_seconds));
    case RequestFact::kWeekdayUtc:
      return Value::Int(WeekdayUtc(request.unix_seconds));
  }
  return Value();
}

}  // namespace junctor
