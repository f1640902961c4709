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
