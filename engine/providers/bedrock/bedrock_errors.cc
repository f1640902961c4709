#include "engine/providers/bedrock/bedrock_errors.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"
#include "engine/providers/chat/failure_classifier.h"

namespace junctor::engine {
namespace {

struct Exception {
  std::string_view name;
  ErrorClass error;
  std::string_view type;
  std::string_view code;
};

constexpr auto kExceptions = std::to_array<Exception>({
#define JUNCTOR_BEDROCK_EXCEPTION(name, error, type, code) {name, ErrorClass::error, type, code},
#include "engine/providers/bedrock/bedrock_exceptions.def"
#undef JUNCTOR_BEDROCK_EXCEPTION
});

// In a stream the names begin with a small letter.
const Exception* Find(std::string_view name) {
  const auto* found = std::find_if(kExceptions.begin(), kExceptions.end(), [name](const auto& one) {
    return net::EqualsIgnoreCase(one.name, name);
  });
  return found == kExceptions.end() ? nullptr : found;
}

bool Says(const std::string& lower_message, std::string_view phrase) {
  return lower_message.find(phrase) != std::string::npos;
}

// What one exception means when its message is read too.
Exception Resolve(Exception exception, std::string_view message) {
  const std::string lower =
      absl::AsciiStrToLower(absl::string_view(message.data(), message.size()));
  if (exception.error == ErrorClass::kBadRequest &&
      (Says(lower, "input is too long") || Says(lower, "prompt is too long") ||
       Says(lower, "maximum context length") || Says(lower, "too many input tokens") ||
       Says(lower, "context window"))) {
    exception.error = ErrorClass::kContextLength;
    exception.code = "context_length_exceeded";
  }
  // "Too many tokens per day, please wait before trying again.": waiting a moment does not help.
  if (exception.error == ErrorClass::kRateLimit && Says(lower, "per day")) {
    exception.error = ErrorClass::kQuota;
    exception.type = "insufficient_quota";
    exception.code = "insufficient_quota";
  }
  if (exception.code.empty()) exception.code = exception.name;
  return exception;
}

// "ValidationException:http://internal…" and "com.amazon.coral#ValidationException" are both
// ValidationException.
std::string_view BareName(std::string_view name) {
  name = name.substr(0, name.find(':'));
  return name.substr(name.rfind('#') + 1);
}

std::string ExceptionName(const net::HeaderList& headers, std::string_view body) {
  if (const std::string_view header = headers.Get("x-amzn-errortype"); !header.empty()) {
    return std::string(BareName(header));
  }
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  std::string_view name;
  if (parser.parse(body.data(), body.size()).get_object().get(object) != simdjson::SUCCESS ||
      object.at_key("__type").get_string().get(name) != simdjson::SUCCESS) {
    return {};
  }
  return std::string(BareName(name));
}

}  // namespace

Failure ClassifyBedrockAnswer(int status, const net::HeaderList& headers, std::string_view body,
                              int64_t unix_seconds) {
  Failure failure = ClassifyAnswer(status, headers, body, unix_seconds);
  constexpr std::string_view kRequestId = "x-amzn-requestid";
  if (const std::string_view id = headers.Get(kRequestId); !id.empty()) {
    failure.headers.emplace_back(kRequestId, id);
  }
  if (const Exception* exception = Find(ExceptionName(headers, body))) {
    const Exception meant = Resolve(*exception, failure.message);
    failure.error = meant.error;
    failure.type = meant.type;
    failure.code = meant.code;
  }
  return failure;
}

BedrockErrorKind BedrockErrorKindOf(std::string_view name, std::string_view message) {
  const Exception* exception = Find(name);
  if (exception == nullptr) return {"server_error", ""};
  const Exception meant = Resolve(*exception, message);
  return {meant.type, meant.code};
}

}  // namespace junctor::engine
