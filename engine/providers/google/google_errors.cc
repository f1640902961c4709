#include "engine/providers/google/google_errors.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "engine/providers/chat/failure_classifier.h"
#include "engine/providers/chat/json_members.h"

namespace junctor::engine {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

struct ErrorRow {
  std::string_view name;  // Google's `status`
  int status;
  ErrorClass error;
  std::string_view type;
  std::string_view code;
};

constexpr std::array<ErrorRow, 13> kErrorRows = {{
    {"INVALID_ARGUMENT", 400, ErrorClass::kBadRequest, "invalid_request_error", ""},
    {"FAILED_PRECONDITION", 400, ErrorClass::kBadRequest, "invalid_request_error", ""},
    {"OUT_OF_RANGE", 400, ErrorClass::kBadRequest, "invalid_request_error", ""},
    {"UNAUTHENTICATED", 401, ErrorClass::kAuth, "authentication_error", "invalid_api_key"},
    {"PERMISSION_DENIED", 403, ErrorClass::kAuth, "permission_error", ""},
    {"NOT_FOUND", 404, ErrorClass::kBadRequest, "invalid_request_error", "model_not_found"},
    {"RESOURCE_EXHAUSTED", 429, ErrorClass::kRateLimit, "rate_limit_error", "rate_limit_exceeded"},
    {"CANCELLED", 499, ErrorClass::kBadRequest, "invalid_request_error", ""},
    {"INTERNAL", 500, ErrorClass::kServerError, "server_error", ""},
    {"UNKNOWN", 500, ErrorClass::kServerError, "server_error", ""},
    {"UNIMPLEMENTED", 501, ErrorClass::kServerError, "server_error", ""},
    {"UNAVAILABLE", 503, ErrorClass::kOverloaded, "server_error", "overloaded"},
    {"DEADLINE_EXCEEDED", 504, ErrorClass::kServerError, "timeout_error", "timeout"},
}};
constexpr const ErrorRow* kInternal = &kErrorRows[8];

// The row of a status by its name, else by its number.
const ErrorRow* FindRow(std::string_view name, int64_t status) {
  const auto* row = std::find_if(kErrorRows.begin(), kErrorRows.end(),
                                 [name](const ErrorRow& r) { return r.name == name; });
  if (row == kErrorRows.end()) {
    row = std::find_if(kErrorRows.begin(), kErrorRows.end(),
                       [status](const ErrorRow& r) { return r.status == status; });
  }
  return row == kErrorRows.end() ? nullptr : row;
}

bool Contains(std::string_view text, std::string_view phrase) {
  return text.find(phrase) != std::string_view::npos;
}

// "46s", "46.5s".
std::optional<uint64_t> DelayMs(std::string_view delay) {
  constexpr double kLongestMs = 1e15;  // beyond any clock
  if (!delay.ends_with('s')) return std::nullopt;
  delay.remove_suffix(1);
  double seconds = 0;
  if (!absl::SimpleAtod(absl::string_view(delay.data(), delay.size()), &seconds) ||
      !(seconds >= 0)) {
    return std::nullopt;
  }
  return static_cast<uint64_t>(std::ceil(std::min(seconds * 1000, kLongestMs)));
}

// Whether `text` tells of a limit of 0: such a quota is never free.
bool SaysLimitOfZero(std::string_view text) {
  constexpr std::string_view kLimit = "limit: 0";
  for (size_t at = text.find(kLimit); at != std::string_view::npos;
       at = text.find(kLimit, at + 1)) {
    const size_t after = at + kLimit.size();
    if (after == text.size() ||
        (!absl::ascii_isdigit(static_cast<unsigned char>(text[after])) && text[after] != '.')) {
      return true;
    }
  }
  return false;
}

// What the `details` of an error say.
struct Details {
  bool key_is_invalid = false;
  bool quota_is_spent = false;
  std::optional<uint64_t> retry_after_ms;
};

void ReadQuotaFailure(const object& detail, Details* details) {
  array violations;
  if (detail.at_key("violations").get(violations) != simdjson::SUCCESS) return;
  for (const element item : violations) {
    object violation;
    if (item.get(violation) != simdjson::SUCCESS) continue;
    if (Contains(TextMember(violation, "quotaId"), "PerDay") ||
        TextMember(violation, "quotaValue") == "0" ||
        SaysLimitOfZero(TextMember(violation, "description"))) {
      details->quota_is_spent = true;
    }
  }
}

Details ReadDetails(const object& error) {
  Details details;
  array list;
  if (error.at_key("details").get(list) != simdjson::SUCCESS) return details;
  for (const element item : list) {
    object detail;
    if (item.get(detail) != simdjson::SUCCESS) continue;
    const std::string_view type = TextMember(detail, "@type");
    if (TextMember(detail, "reason") == "API_KEY_INVALID") details.key_is_invalid = true;
    if (type.ends_with("google.rpc.RetryInfo"))
      details.retry_after_ms = DelayMs(TextMember(detail, "retryDelay"));
    if (type.ends_with("google.rpc.QuotaFailure")) ReadQuotaFailure(detail, &details);
  }
  return details;
}

// Gemini's own words, and those of the open models that Vertex serves.
bool SaysContextLength(std::string_view message) {
  return (Contains(message, "token count") &&
          Contains(message, "exceeds the maximum number of tokens")) ||
         Contains(message, "maximum context length") || Contains(message, "prompt is too long");
}

void Refine(const Details& details, std::string_view message, GoogleError* error) {
  if (error->error == ErrorClass::kBadRequest &&
      (details.key_is_invalid || Contains(message, "API key not valid"))) {
    error->error = ErrorClass::kAuth;
    error->status = 401;
    error->type = "authentication_error";
    error->code = "invalid_api_key";
  } else if (error->error == ErrorClass::kBadRequest && SaysContextLength(message)) {
    error->error = ErrorClass::kContextLength;
    error->code = "context_length_exceeded";
  } else if (error->error == ErrorClass::kRateLimit &&
             (details.quota_is_spent || SaysLimitOfZero(message))) {
    error->error = ErrorClass::kQuota;
    error->type = "insufficient_quota";
    error->code = "insufficient_quota";
  }
}

}  // namespace

std::optional<GoogleError> ReadGoogleError(const element& json) {
  element value = json;
  if (array list; json.get(list) == simdjson::SUCCESS) {
    if (list.size() == 0) return std::nullopt;
    value = *list.begin();
  }
  object body;
  object members;
  if (value.get(body) != simdjson::SUCCESS ||
      body.at_key("error").get(members) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  const std::string_view name = TextMember(members, "status");
  int64_t number = 0;
  const bool numbered = members.at_key("code").get(number) == simdjson::SUCCESS;
  if (name.empty() && !numbered) return std::nullopt;  // an error of another's making
  const ErrorRow* row = FindRow(name, number);
  if (row == nullptr) row = number >= 400 && number < 500 ? &kErrorRows[0] : kInternal;
  GoogleError error;
  error.error = row->error;
  error.status = row->status;
  error.type = row->type;
  error.code = row->code;
  error.message = TextMember(members, "message");
  if (error.message.empty())
    error.message = "the provider sent the error " + std::string(row->name) + " without a message";
  const Details details = ReadDetails(members);
  error.retry_after_ms = details.retry_after_ms;
  Refine(details, error.message, &error);
  return error;
}

std::optional<Failure> ClassifyGoogleAnswer(int status, const net::HeaderList& headers,
                                            std::string_view body, int64_t unix_seconds) {
  simdjson::dom::parser parser;
  element json;
  if (body.empty() || body.size() > kMaxErrorBodyBytes ||
      parser.parse(body.data(), body.size()).get(json) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  std::optional<GoogleError> error = ReadGoogleError(json);
  if (!error) return std::nullopt;
  Failure failure = ClassifyAnswer(status, headers, body, unix_seconds);
  failure.error = error->error;
  failure.upstream_status = error->error == ErrorClass::kAuth && status == 400 ? 401 : status;
  failure.message = std::move(error->message);
  failure.type = error->type;
  failure.code = error->code;
  failure.body.clear();
  if (!failure.retry_after_ms) failure.retry_after_ms = error->retry_after_ms;
  return failure;
}

}  // namespace junctor::engine
