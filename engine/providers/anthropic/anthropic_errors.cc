#include "engine/providers/anthropic/anthropic_errors.h"

#include <algorithm>
#include <array>

namespace junctor::engine {
namespace {

struct Row {
  std::string_view theirs;
  ErrorKind kind;
};

constexpr std::array<Row, 11> kRows = {
    {{"invalid_request_error", {"invalid_request_error", ""}},
     {"authentication_error", {"authentication_error", "invalid_api_key"}},
     {"billing_error", {"insufficient_quota", "insufficient_quota"}},
     {"permission_error", {"permission_error", ""}},
     {"not_found_error", {"invalid_request_error", "model_not_found"}},
     {"conflict_error", {"invalid_request_error", "conflict"}},
     {"request_too_large", {"invalid_request_error", "request_too_large"}},
     {"rate_limit_error", {"rate_limit_error", "rate_limit_exceeded"}},
     {"api_error", {"server_error", ""}},
     {"timeout_error", {"timeout_error", "timeout"}},
     {"overloaded_error", {"server_error", "overloaded"}}}};

}  // namespace

ErrorKind AnthropicErrorKind(std::string_view type) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(),
                                 [type](const Row& one) { return one.theirs == type; });
  return row == kRows.end() ? ErrorKind{} : row->kind;
}

Failure ClassifyAnthropicAnswer(int status, const net::HeaderList& headers, std::string_view body,
                                int64_t unix_seconds) {
  Failure failure = ClassifyAnswer(status, headers, body, unix_seconds);
  const ErrorKind kind = AnthropicErrorKind(failure.type);
  if (kind.type.empty()) return failure;
  failure.type = kind.type;
  // A conflict with another request passes: to be tried again like what the server got wrong.
  if (status == 409) failure.error = ErrorClass::kServerError;
  if (failure.error == ErrorClass::kQuota) {
    failure.type = "insufficient_quota";
    if (failure.code.empty() || failure.code == "rate_limit_exceeded") {
      failure.code = "insufficient_quota";
    }
  } else if (failure.error == ErrorClass::kBadRequest && !kind.code.empty()) {
    failure.code = kind.code;
  } else if (failure.code.empty()) {
    failure.code = kind.code;
  }
  return failure;
}

}  // namespace junctor::engine
