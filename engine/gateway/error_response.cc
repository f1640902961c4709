#include "engine/gateway/error_response.h"

#include <algorithm>

#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

int StatusOf(const Failure& failure) {
  if (failure.upstream_status >= 400) return failure.upstream_status;
  return failure.error == ErrorClass::kTimeout ? 504 : 502;
}

ErrorFields FieldsOf(const Failure& failure) {
  ErrorFields fields;
  fields.message = failure.message;
  fields.type = failure.type;
  fields.code = failure.code;
  return fields;
}

// Google's name of a status that the gateway answers with.
std::string_view GoogleStatusOf(int status) {
  switch (status) {
    case 401:
      return "UNAUTHENTICATED";
    case 404:
      return "NOT_FOUND";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 502:
    case 503:
      return "UNAVAILABLE";
    case 408:
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
  }
}

}  // namespace

std::string ErrorBody(const ErrorFields& fields) {
  const auto nullable = [](std::string_view text, std::string* out) {
    if (text.empty()) {
      out->append("null");
    } else {
      AppendJsonString(out, text);
    }
  };
  std::string body = R"({"error":{"message":)";
  AppendJsonString(&body, fields.message);
  body.append(R"(,"type":)");
  AppendJsonString(&body, fields.type);
  body.append(R"(,"param":)");
  nullable(fields.param, &body);
  body.append(R"(,"code":)");
  nullable(fields.code, &body);
  body.append("}}");
  return body;
}

ErrorResponse MakeError(int status, const ErrorFields& fields) {
  ErrorResponse response;
  response.status = status;
  response.body = ErrorBody(fields);
  return response;
}

ErrorResponse MakeNativeError(ChatFormat format, int status, const ErrorFields& fields) {
  ErrorResponse response = MakeError(status, fields);
  std::string message;
  AppendJsonString(&message, fields.message);
  switch (format) {
    case ChatFormat::kAnthropic:
      // OpenAI's shape, but for the type at the top.
      response.body.insert(1, R"("type":"error",)");
      break;
    case ChatFormat::kGoogle:
    case ChatFormat::kVertex:
      response.body = R"({"error":{"code":)" + std::to_string(status) + R"(,"message":)" + message +
                      R"(,"status":")" + std::string(GoogleStatusOf(status)) + "\"}}";
      break;
    case ChatFormat::kBedrock:
    case ChatFormat::kCohere:
      response.body = R"({"message":)" + message + "}";
      break;
    case ChatFormat::kNone:
    case ChatFormat::kOpenAi:
    case ChatFormat::kMistral:
    case ChatFormat::kAzure:
      break;
  }
  return response;
}

ErrorResponse ErrorOf(const Failure& failure) {
  ErrorResponse response;
  response.status = StatusOf(failure);
  response.body = failure.body.empty() ? ErrorBody(FieldsOf(failure)) : failure.body;
  response.headers = failure.headers;
  return response;
}

std::string StreamErrorBody(const Failure& failure) {
  if (failure.body.empty()) return ErrorBody(FieldsOf(failure));
  // One line: between JSON's tokens a line feed is white space, and in an event it would begin
  // another line.
  std::string body = failure.body;
  std::replace_if(
      body.begin(), body.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return body;
}

ErrorResponse LimitedError(std::string_view route, std::string_view element,
                           uint64_t retry_after_ms) {
  const uint64_t seconds = std::max<uint64_t>((retry_after_ms + 999) / 1000, 1);
  const std::string message = "the limit `" + std::string(element) + "` of route `" +
                              std::string(route) + "` is reached; try again in " +
                              std::to_string(seconds) + " s";
  ErrorFields fields;
  fields.message = message;
  fields.type = "rate_limit_error";
  fields.code = "rate_limit_exceeded";
  ErrorResponse response = MakeError(429, fields);
  response.headers.emplace_back("retry-after", std::to_string(seconds));
  return response;
}

}  // namespace junctor::engine
