#include "engine/providers/chat/failure_classifier.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "engine/providers/chat/error_text.h"

namespace junctor::engine {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

bool SaysAny(const ErrorText& text, std::initializer_list<std::string_view> codes,
             std::initializer_list<std::string_view> phrases) {
  for (std::string_view code : codes) {
    if (text.code == code || text.type == code || text.detail_code == code) return true;
  }
  const std::string message = absl::AsciiStrToLower(text.message);
  for (std::string_view phrase : phrases) {
    if (message.find(phrase) != std::string::npos) return true;
  }
  return false;
}

bool SaysQuota(const ErrorText& text) {
  // Google speaks of the current quota where it means requests a minute.
  if (text.code == "rate_limit_exceeded") return text.type == "insufficient_quota";
  return SaysAny(text,
                 {"insufficient_quota", "billing_hard_limit_reached", "billing_error",
                  "billing_not_active", "enforced_spend_limit_reached", "quota_exceeded"},
                 {"exceeded your current quota", "insufficient credits", "insufficient balance",
                  "credit balance is too low", "billing hard limit"});
}

bool SaysContextLength(const ErrorText& text) {
  return SaysAny(text, {"context_length_exceeded", "string_above_max_length"},
                 {"maximum context length", "context length exceeded", "context_length_exceeded",
                  "prompt is too long", "exceeds the context window", "exceed context limit",
                  "too many tokens", "input is too long"});
}

bool SaysContentFilter(const ErrorText& text) {
  return SaysAny(text, {"content_filter", "content_policy_violation", "content_filter_error"},
                 {"content management policy", "content policy", "content filter",
                  "content filtering policy", "input was flagged", "failed safety check"});
}

// Groq's 498: no place left in the flexible tier.
bool SaysFlexCapacity(const ErrorText& text) {
  return SaysAny(text, {"capacity_exceeded", "flex_tier_capacity_exceeded"},
                 {"flex tier", "capacity exceeded"});
}

ErrorClass ClassOf(int status, const ErrorText& text) {
  switch (status) {
    case 401:
      return ErrorClass::kAuth;
    case 402:
      return ErrorClass::kQuota;
    case 429:
      return SaysQuota(text) ? ErrorClass::kQuota : ErrorClass::kRateLimit;
    case 498:
      return SaysFlexCapacity(text) ? ErrorClass::kOverloaded : ErrorClass::kAuth;
    case 503:
    case 529:
      return ErrorClass::kOverloaded;
    default:
      break;
  }
  if (status >= 500) return ErrorClass::kServerError;
  if (SaysContextLength(text)) return ErrorClass::kContextLength;
  if (SaysContentFilter(text)) return ErrorClass::kContentFilter;
  if (SaysQuota(text)) return ErrorClass::kQuota;
  return status == 403 ? ErrorClass::kAuth : ErrorClass::kBadRequest;
}

// The code for an error that names none.
std::string CodeOf(int status, const Failure& failure) {
  if (failure.error == ErrorClass::kContextLength) return "context_length_exceeded";
  if (failure.error == ErrorClass::kContentFilter) return "content_filter";
  if (failure.error == ErrorClass::kQuota) return "insufficient_quota";
  if (status == 404 && absl::AsciiStrToLower(failure.message).find("model") != std::string::npos) {
    return "model_not_found";
  }
  if (status == 498 && failure.error == ErrorClass::kOverloaded) return "overloaded";
  return std::string(ErrorKindOf(status).code);
}

void FillTypeAndCode(int status, Failure* failure) {
  if (failure->type.empty()) failure->type = ErrorKindOf(status).type;
  if (failure->code.empty()) failure->code = CodeOf(status, *failure);
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

// The provider's own word on another attempt.
std::optional<bool> ShouldRetry(const net::HeaderList& headers) {
  const std::string_view word = headers.Get("x-should-retry");
  if (word == "true") return true;
  if (word == "false") return false;
  return std::nullopt;
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
  ErrorText text = ReadErrorText(body);
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
  if (!failure.retry_after_ms.has_value() && text.wait_seconds.has_value()) {
    failure.retry_after_ms = Milliseconds(*text.wait_seconds * 1000);
  }
  failure.should_retry = ShouldRetry(headers);
  for (const net::HeaderView& header : headers) {
    if (IsTellingHeader(header.name)) failure.headers.emplace_back(header.name, header.value);
  }
  FillTypeAndCode(status, &failure);
  return failure;
}

Failure ClassifyErrorEvent(std::string_view data) {
  ErrorText text = ReadErrorText(data);
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
    } else if (SaysAny(text, {"timeout_error", "timeout"}, {})) {
      status = 504;
    } else if (SaysAny(text, {"authentication_error", "invalid_api_key"}, {})) {
      status = 401;
    } else if (SaysAny(text, {"permission_error"}, {})) {
      status = 403;
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
