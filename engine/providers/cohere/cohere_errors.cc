#include "engine/providers/cohere/cohere_errors.h"

#include <string>

#include "absl/strings/ascii.h"
#include "engine/providers/chat/failure_classifier.h"

namespace junctor::engine {
namespace {

// Cohere's own: the token is not valid.
constexpr int kInvalidToken = 498;

}  // namespace

Failure ClassifyCohereAnswer(int status, const net::HeaderList& headers, std::string_view body,
                             int64_t unix_seconds) {
  Failure failure = ClassifyAnswer(status, headers, body, unix_seconds);
  const std::string message = absl::AsciiStrToLower(failure.message);
  const auto says = [&message](std::string_view phrase) {
    return message.find(phrase) != std::string::npos;
  };
  if (status == kInvalidToken) failure.error = ErrorClass::kAuth;
  // "You are using a Trial key, which is limited to 1000 API calls / month."
  if (status == 429 && says("/ month")) {
    failure.error = ErrorClass::kQuota;
    failure.type = "insufficient_quota";
    failure.code = "insufficient_quota";
  }
  if (status == 404 && says("model")) failure.code = "model_not_found";
  for (const std::string_view name :
       {"x-endpoint-monthly-call-limit", "x-trial-endpoint-call-limit",
        "x-trial-endpoint-call-remaining"}) {
    if (const std::string_view* value = headers.Find(name)) {
      failure.headers.emplace_back(name, *value);
    }
  }
  return failure;
}

}  // namespace junctor::engine
