// Every shape in which providers put their errors.
#include "engine/providers/chat/error_text.h"

#include <gtest/gtest.h>

#include "engine/providers/chat/failure_classifier.h"

namespace junctor::engine {
namespace {

TEST(ErrorText, FindsMessageTypeAndCodeInEveryProvidersShape) {
  struct Case {
    std::string_view body;
    std::string_view message;
    std::string_view type;
    std::string_view code;
  };
  const Case cases[] = {
      {R"({"error":{"message":"a","type":"t","param":null,"code":"c"},"message":"not this"})", "a",
       "t", "c"},
      {R"({"message":"a","type":"t","param":"p","code":"c"})", "a", "t", "c"},
      {R"({"object":"error","message":"a","type":"t","param":null,"code":null})", "a", "t", ""},
      {R"({"detail":[{"loc":["body"],"msg":"a","type":"x"},{"msg":"b"}]})", "a; b", "", ""},
      {R"({"object":"error","message":{"detail":[{"msg":"a"},{"msg":"b"}]}})", "a; b", "", ""},
      {R"({"code":"Some text","error":"a"})", "a", "", "Some text"},
      {R"({"error":{"message":"a","type":"t","code":7}})", "a", "t", ""},
      {R"({"error":"a","estimated_time":20.5})", "a", "", ""},
      {R"({"title":"t","detail":"a","status":422})", "a", "", ""},
      {R"({"err_code":"c","err_msg":"a","request_id":"r"})", "a", "", "c"},
      {R"({"detail":{"status":"c","message":"a"}})", "a", "", "c"},
      {R"({"error_code":"c","title":"t","message":"a"})", "a", "", "c"},
      {R"({"type":"error","error":{"ref_id":"r","message":"a"}})", "a", "", ""},
      {R"({"success":false,"errors":[{"code":7,"message":"a"},{"message":"b"},"c"]})", "a; b; c",
       "", ""},
      {R"({"__type":"com.amazon.coral.service#ThrottlingException:http://x/","Message":"a"})", "a",
       "", "ThrottlingException"},
      {R"({"message":"a","__type":"ValidationException"})", "a", "", "ValidationException"},
      {R"([{"error":{"code":429,"message":"a","status":"RESOURCE_EXHAUSTED"}}])", "a", "", ""},
      {R"({"error":{}})", R"({"error":{}})", "", ""},
      {R"({"error":{"message":5},"detail":{"x":1},"title":"a"})", "a", "", ""},
      {R"({"errors":[],"detail":[],"err_msg":"a"})", "a", "", ""},
      {"  plain \n", "plain", "", ""},
      {"", "", "", ""},
      {"7", "7", "", ""},
      {"[]", "[]", "", ""},
  };
  for (const Case& one : cases) {
    const ErrorText text = ReadErrorText(one.body);
    EXPECT_EQ(text.message, one.message) << one.body;
    EXPECT_EQ(text.type, one.type) << one.body;
    EXPECT_EQ(text.code, one.code) << one.body;
  }
}

TEST(ErrorText, OnlyOpenAisShapeIsOpenAis) {
  EXPECT_TRUE(ReadErrorText(R"({"error":{"message":"a"}})").openai_shape);
  for (std::string_view body : {R"({"type":"error","error":{"type":"t","message":"a"}})",
                                R"({"error":"a"})", R"([{"error":{"message":"a"}}])",
                                R"({"message":"a"})", R"({"error":{"message":""}})", "x"}) {
    EXPECT_FALSE(ReadErrorText(body).openai_shape) << body;
  }
}

TEST(ErrorText, HtmlIsShownInItsFirstKibibyte) {
  const std::string page = "<html>" + std::string(5000, 'x');
  EXPECT_EQ(ReadErrorText(page).message, page.substr(0, 1024));
}

TEST(ErrorText, AListsMessagesAreShownInItsFirstKibibyte) {
  std::string body = R"({"errors":[)";
  for (int i = 0; i < 100; ++i) body += "\"" + std::string(100, 'x') + "\",";
  body.back() = ']';
  EXPECT_LE(ReadErrorText(body + "}").message.size(), 1100u);
}

TEST(FailureClassifier, StatusesOfTheirOwn) {
  struct Case {
    int status;
    std::string_view body;
    ErrorClass error;
    std::string_view code;
  };
  const Case cases[] = {
      {408, "", ErrorClass::kBadRequest, "timeout"},
      {425, "", ErrorClass::kBadRequest, ""},
      {498, "", ErrorClass::kAuth, "invalid_api_key"},
      {498, R"({"error":{"message":"Flex tier capacity exceeded"}})", ErrorClass::kOverloaded,
       "overloaded"},
      {404, R"({"error":{"message":"The model `x` does not exist"}})", ErrorClass::kBadRequest,
       "model_not_found"},
      {404, R"({"error":{"message":"no such page"}})", ErrorClass::kBadRequest, ""},
      {400, R"({"error":{"message":"Your credit balance is too low to access the API"}})",
       ErrorClass::kQuota, "insufficient_quota"},
      {403, R"({"error":{"code":403,"message":"your input was flagged"}})",
       ErrorClass::kContentFilter, "content_filter"},
      {429,
       R"({"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}})",
       ErrorClass::kQuota, "insufficient_quota"},
      {522, "", ErrorClass::kServerError, ""},
  };
  for (const Case& one : cases) {
    const Failure failure = ClassifyAnswer(one.status, net::HeaderList(), one.body, 0);
    EXPECT_EQ(ErrorClassName(failure.error), ErrorClassName(one.error))
        << one.status << " " << one.body;
    EXPECT_EQ(failure.code, one.code) << one.status << " " << one.body;
  }
}

TEST(FailureClassifier, ReadsTheProvidersWordOnAnotherAttempt) {
  net::HeaderList headers;
  EXPECT_EQ(ClassifyAnswer(500, headers, "", 0).should_retry, std::nullopt);
  headers.push_back({"X-Should-Retry", "false"});
  EXPECT_EQ(ClassifyAnswer(500, headers, "", 0).should_retry, false);
  headers.clear();
  headers.push_back({"x-should-retry", "true"});
  EXPECT_EQ(ClassifyAnswer(400, headers, "", 0).should_retry, true);
}

TEST(FailureClassifier, AModelThatLoadsSaysHowLong) {
  const Failure failure = ClassifyAnswer(
      503, net::HeaderList(), R"({"error":"Model is loading","estimated_time":20.5})", 0);
  EXPECT_EQ(failure.retry_after_ms, 20'500u);
  EXPECT_EQ(failure.error, ErrorClass::kOverloaded);
}

}  // namespace
}  // namespace junctor::engine
