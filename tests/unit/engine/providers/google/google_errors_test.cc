// Errors of Google's that golden files show badly: those inside streams must have the same class
// again when the gateway reads what was written for the caller.
#include "engine/providers/google/google_errors.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <vector>

#include "engine/providers/chat/failure_classifier.h"
#include "engine/providers/google/google_format.h"
#include "tests/unit/engine/providers/google/chat_testing.h"

namespace junctor::engine {
namespace {

std::string ErrorJson(int code, const std::string& status, const std::string& message,
                      const std::string& details = "[]") {
  return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":")" + message +
         R"(","status":")" + status + R"(","details":)" + details + "}}";
}

TEST(GoogleErrors, EventsInsideAStreamKeepTheirClass) {
  struct Case {
    std::string json;
    ErrorClass expected;
  };
  const std::string per_day =
      R"([{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"50"}]}])";
  const std::string per_minute =
      R"([{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel","quotaValue":"10"}]}])";
  const std::vector<Case> cases = {
      {ErrorJson(400, "INVALID_ARGUMENT", "x"), ErrorClass::kBadRequest},
      {ErrorJson(400, "INVALID_ARGUMENT",
                 "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
       ErrorClass::kContextLength},
      {ErrorJson(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
       ErrorClass::kAuth},
      {ErrorJson(401, "UNAUTHENTICATED", "x"), ErrorClass::kAuth},
      {ErrorJson(403, "PERMISSION_DENIED", "x"), ErrorClass::kAuth},
      {ErrorJson(404, "NOT_FOUND", "x"), ErrorClass::kBadRequest},
      {ErrorJson(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", per_minute),
       ErrorClass::kRateLimit},
      {ErrorJson(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", per_day),
       ErrorClass::kQuota},
      {ErrorJson(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: m, limit: 0"),
       ErrorClass::kQuota},
      {ErrorJson(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: m, limit: 05"),
       ErrorClass::kRateLimit},
      {ErrorJson(500, "INTERNAL", "x"), ErrorClass::kServerError},
      {ErrorJson(503, "UNAVAILABLE", "The model is overloaded."), ErrorClass::kOverloaded},
      {ErrorJson(504, "DEADLINE_EXCEEDED", "x"), ErrorClass::kServerError},
  };
  for (const Case& c : cases) {
    AnswerContext context;
    context.stream = true;
    const std::string out = testing::TranslateAnswer(GoogleFormat(), "gemini-2.5-pro", context,
                                                     "data: " + c.json + "\n\n");
    ASSERT_TRUE(out.starts_with("data: {\"error\":")) << out;
    const Failure failure = ClassifyErrorEvent(std::string_view(out).substr(6));
    EXPECT_EQ(failure.error, c.expected) << c.json << "\n" << out;
  }
}

TEST(GoogleErrors, AnErrorAsAWholeAnswerWithAGoodStatusIsWrittenAsOne) {
  const std::string out = testing::TranslateAnswer(
      GoogleFormat(), "gemini-2.5-pro", {}, "[" + ErrorJson(503, "UNAVAILABLE", "busy") + "]");
  EXPECT_EQ(
      out,
      R"({"error":{"message":"busy","type":"server_error","param":null,"code":"overloaded"}})");
}

TEST(GoogleErrors, WhatIsNoErrorOfGooglesIsLeftToOthers) {
  const net::HeaderList headers;
  for (const char* body : {"", "<html>", "[]", "{}", "5", R"({"error":"x"})",
                           R"({"error":{"message":"x","type":"y"}})"}) {
    EXPECT_FALSE(ClassifyGoogleAnswer(502, headers, body, 0).has_value()) << body;
  }
  EXPECT_EQ(GoogleFormat().Classify(502, headers, "<html>", 0).error, ErrorClass::kServerError);
}

}  // namespace
}  // namespace junctor::engine
