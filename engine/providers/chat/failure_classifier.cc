#include "engine/providers/failure_classifier.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/time/time.h"

namespace junctor::engine {
namespace {

// An HTML error page of some proxy is shown this far.
constexpr size_t kMaxRawMessageBytes = 1024;

// What an error body says, wherever the provider keeps it.
struct ErrorText {
  std::string message;
  std::string type;
  std::string code;
  int status = 0;             // a numeric code inside the body
  bool openai_shape = false;  // {"error":{"message":…}}
};

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::string StringMember(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return {};
  return {member->value.GetString(), member->value.GetStringLength()};
}

// The places where providers put the message, in order of preference.
std::string FindMessage(const rapidjson::Value& root) {
  const auto error = root.FindMember("error");
  if (error != root.MemberEnd()) {
    if (error->value.IsObject()) {
      if (std::string message = StringMember(error->value, "message"); !message.empty())
        return message;
    } else if (error->value.IsString()) {
      return error->value.GetString();
    }
  }
  if (std::string message = StringMember(root, "message"); !message.empty()) return message;
  for (const char* list_name : {"errors", "detail"}) {
    const auto list = root.FindMember(list_name);
    if (list == root.MemberEnd()) continue;
    if (list->value.IsString()) return list->value.GetString();
    if (list->value.IsObject()) return StringMember(list->value, "message");
    if (!list->value.IsArray()) continue;
    for (const auto& item : list->value.GetArray()) {
      if (!item.IsObject()) continue;
      for (const char* key : {"message", "msg"}) {
        if (std::string message = StringMember(item, key); !message.empty()) return message;
      }
    }
  }
  for (const char* key : {"err_msg", "title"}) {
    if (std::string message = StringMember(root, key); !message.empty()) return message;
  }
  return {};
}

ErrorText ReadError(std::string_view body) {
  ErrorText text;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      body.data(), body.size());
  if (!document.HasParseError() && document.IsObject()) {
    text.message = FindMessage(document);
    const auto error = document.FindMember("error");
    const bool nested = error != document.MemberEnd() && error->value.IsObject();
    const rapidjson::Value& holder =
        nested ? error->value : static_cast<rapidjson::Value&>(document);
    text.openai_shape = nested && !StringMember(holder, "message").empty();
    text.type = StringMember(holder, "type");
    const auto code = holder.FindMember("code");
    if (code != holder.MemberEnd()) {
      if (code->value.IsString()) text.code = code->value.GetString();
      if (code->value.IsInt()) text.status = code->value.GetInt();
    }
  }
  if (text.message.empty()) {
    std::string_view raw = body.substr(0, kMaxRawMessageBytes);
    if (raw.size() < body.size()) {
      // The cut may go through a character: drop the last one, its first byte included.
      while (!raw.empty() && (static_cast<unsigned char>(raw.back()) & 0xC0) == 0x80)
        raw.remove_suffix(1);
      if (!raw.empty() && static_cast<unsigned char>(raw.back()) >= 0xC0) raw.remove_suffix(1);
    }
    text.message = std::string(absl::StripAsciiWhitespace(View(raw)));
  }
  return text;
}

bool SaysAny(const ErrorText& text, std::initializer_list<std::string_view> codes,
             std::initializer_list<std::string_view> phrases) {
  for (std::string_view code : codes) {
    if (text.code == code || text.type == code) return true;
  }
  const std::string message = absl::AsciiStrToLower(text.message);
  for (std::string_view phrase : phrases) {
    if (message.find(phrase) != std::string::npos) return true;
  }
  return false;
}

bool SaysQuota(const ErrorText& text) {
  return SaysAny(text,
                 {"insufficient_quota", "billing_hard_limit_reached", "billing_error",
                  "billing_not_active", "enforced_spend_limit_reached", "quota_exceeded"},
                 {"exceeded your current quota", "insufficient credits", "insufficient balance",
                  "credit balance is too low", "billing hard limit"});
}

bool SaysContextLength(const ErrorText& text) {
  return SaysAny(text, {"context_length_exceeded", "string_above_max_length"},
                 {"maximum context length", "context length exceeded", "context_length_exceeded",
                  "prompt is too long", "exceeds the context window", "too many tokens"});
}

bool SaysContentFilter(const ErrorText& text) {
  return SaysAny(text, {"content_filter", "content_policy_violation", "content_filter_error"},
                 {"content management policy", "content policy", "content filter"});
}

ErrorClass ClassOf(int status, const ErrorText& text) {
  if (status == 402) return ErrorClass::kQuota;
  if (status == 429) return SaysQuota(text) ? ErrorClass::kQuota : ErrorClass::kRateLimit;
  if (status == 401) return ErrorClass::kAuth;
  if (status == 503 || status == 529) return ErrorClass::kOverloaded;
  if (status >= 500) return ErrorClass::kServerError;
  if (SaysContextLength(text)) return ErrorClass::kContextLength;
  if (SaysContentFilter(text)) return ErrorClass::kContentFilter;
  if (status == 403) return ErrorClass::kAuth;
  return ErrorClass::kBadRequest;
}

void FillTypeAndCode(int status, Failure* failure) {
  const ErrorKind kind = ErrorKindOf(status);
  if (failure->type.empty()) failure->type = kind.type;
  if (failure->code.empty()) {
    failure->code =
        failure->error == ErrorClass::kContextLength ? "context_length_exceeded" : kind.code;
  }
}

// Headers of an error answer that clients act on or that help its reader: request ids and the
// provider's own limits.
bool IsTellingHeader(std::string_view name) {
  return absl::StartsWithIgnoreCase(View(name), "x-ratelimit-") ||
         absl::StartsWithIgnoreCase(View(name), "anthropic-ratelimit-") ||
         net::EqualsIgnoreCase(name, "retry-after") ||
         net::EqualsIgnoreCase(name, "retry-after-ms") ||
         net::EqualsIgnoreCase(name, "x-should-retry") ||
         net::EqualsIgnoreCase(name, "x-request-id") || net::EqualsIgnoreCase(name, "request-id");
}

std::optional<uint64_t> Milliseconds(double ms) {
  constexpr double kLongest = 1e15;  // beyond any clock: a wait that nobody makes
  if (!(ms >= 0)) return std::nullopt;
  return static_cast<uint64_t>(std::ceil(std::min(ms, kLongest)));
}

}  // namespace

ErrorKind ErrorKindOf(int status) {
  struct Row {
    int status;
    ErrorKind kind;
  };
  static constexpr std::array<Row, 11> kRows = {
      {{401, {"authentication_error", "invalid_api_key"}},
       {402, {"insufficient_quota", "insufficient_quota"}},
       {403, {"permission_error", ""}},
       {404, {"invalid_request_error", ""}},
       {408, {"timeout_error", "timeout"}},
       {413, {"invalid_request_error", "request_too_large"}},
       {429, {"rate_limit_error", "rate_limit_exceeded"}},
       {498, {"authentication_error", "invalid_api_key"}},
       {503, {"server_error", "overloaded"}},
       {504, {"timeout_error", "timeout"}},
       {529, {"server_error", "overloaded"}}}};
  const auto* row = std::find_if(kRows.begin(), kRows.end(),
                                 [status](const Row& r) { return r.status == status; });
  if (row != kRows.end()) return row->kind;
  return status >= 500 ? ErrorKind{"server_error", ""} : ErrorKind{"invalid_request_error", ""};
}

std::optional<uint64_t> RetryAfterMs(const net::HeaderList& headers, int64_t unix_seconds) {
  double number = 0;
  if (const std::string_view* ms = headers.Find("retry-after-ms")) {
    if (absl::SimpleAtod(View(*ms), &number) && number >= 0) return Milliseconds(number);
  }
  const std::string_view* value = headers.Find("retry-after");
  if (value == nullptr) return std::nullopt;
  if (absl::SimpleAtod(View(*value), &number)) return Milliseconds(number * 1000);
  absl::Time date;
  std::string error;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", View(*value), &date, &error))
    return std::nullopt;
  return Milliseconds(
      static_cast<double>(std::max<int64_t>(absl::ToUnixSeconds(date) - unix_seconds, 0)) * 1000);
}

Failure ClassifyAnswer(int status, const net::HeaderList& headers, std::string_view body,
                       int64_t unix_seconds) {
  ErrorText text = ReadError(body);
  Failure failure;
  failure.error = ClassOf(status, text);
  failure.upstream_status = status;
  failure.message = text.message.empty()
                        ? "the provider answered " + std::to_string(status) + " without a message"
                        : std::move(text.message);
  failure.type = std::move(text.type);
  failure.code = std::move(text.code);
  if (text.openai_shape) failure.body = body;
  failure.retry_after_ms = RetryAfterMs(headers, unix_seconds);
  for (const net::HeaderView& header : headers) {
    if (IsTellingHeader(header.name)) failure.headers.emplace_back(header.name, header.value);
  }
  FillTypeAndCode(status, &failure);
  return failure;
}

Failure ClassifyErrorEvent(std::string_view data) {
  ErrorText text = ReadError(data);
  Failure failure;
  int status = text.status;
  if (status < 400 || status > 599) {
    if (SaysQuota(text)) {
      status = 402;
    } else if (SaysAny(text, {"rate_limit_exceeded", "rate_limit_error"}, {})) {
      status = 429;
    } else if (SaysAny(text,
                       {"overloaded", "overloaded_error", "server_overloaded", "engine_overloaded"},
                       {})) {
      status = 503;
    } else if (SaysAny(text, {"authentication_error", "invalid_api_key"}, {})) {
      status = 401;
    } else if (SaysContextLength(text) || SaysContentFilter(text) ||
               text.type == "invalid_request_error") {
      status = 400;
    } else {
      status = 500;
    }
  }
  failure.error = ClassOf(status, text);
  failure.upstream_status = status;
  failure.message = std::move(text.message);
  failure.type = std::move(text.type);
  failure.code = std::move(text.code);
  if (text.openai_shape) failure.body = data;
  FillTypeAndCode(status, &failure);
  return failure;
}

Failure ClassifyNetError(const net::NetError& error) {
  Failure failure;
  failure.message = error.message;
  switch (error.kind) {
    case net::NetErrorKind::kConnect:
      failure.error = ErrorClass::kConnect;
      failure.type = "server_error";
      failure.code = "upstream_connect_failed";
      break;
    case net::NetErrorKind::kTimeout:
      failure.error = ErrorClass::kTimeout;
      failure.type = "timeout_error";
      failure.code = "timeout";
      break;
    case net::NetErrorKind::kReset:
    case net::NetErrorKind::kProtocol:
    case net::NetErrorKind::kCancelled:
      failure.error = ErrorClass::kReset;
      failure.type = "server_error";
      failure.code = "upstream_connection_broken";
      break;
  }
  return failure;
}

}  // namespace junctor::engine
