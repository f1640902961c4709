// R21: every class, from status and from the provider's own body; Retry-After in its forms.
#include "engine/providers/chat/failure_classifier.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

TEST(FailureClassifier, R21_ReadsTheClassFromStatusAndBody) {
  struct Case {
    int status;
    std::string_view body;
    ErrorClass error;
  };
  const Case cases[] = {
      {400, R"({"error":{"message":"no such field","type":"invalid_request_error"}})",
       ErrorClass::kBadRequest},
      {400, R"({"error":{"message":"x","code":"context_length_exceeded"}})",
       ErrorClass::kContextLength},
      {400, R"({"error":{"message":"This model's maximum context length is 8192 tokens"}})",
       ErrorClass::kContextLength},
      {400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}})",
       ErrorClass::kContextLength},
      {400, R"({"error":{"message":"The response was filtered","code":"content_filter"}})",
       ErrorClass::kContentFilter},
      {400, R"({"error":{"message":"x","code":"content_policy_violation"}})",
       ErrorClass::kContentFilter},
      {401, "", ErrorClass::kAuth},
      {402, "", ErrorClass::kQuota},
      {403, "", ErrorClass::kAuth},
      {404, R"({"error":{"message":"The model does not exist","code":"model_not_found"}})",
       ErrorClass::kBadRequest},
      {422, R"({"detail":[{"msg":"field required"}]})", ErrorClass::kBadRequest},
      {429, R"({"error":{"message":"slow down","code":"rate_limit_exceeded"}})",
       ErrorClass::kRateLimit},
      {429,
       R"({"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}})",
       ErrorClass::kQuota},
      {429, "<html>", ErrorClass::kRateLimit},
      {500, "", ErrorClass::kServerError},
      {502, "<html>bad gateway</html>", ErrorClass::kServerError},
      {503, "", ErrorClass::kOverloaded},
      {529, "", ErrorClass::kOverloaded},
  };
  for (const Case& one : cases) {
    const Failure failure = ClassifyAnswer(one.status, net::HeaderList(), one.body, 0);
    EXPECT_EQ(ErrorClassName(failure.error), ErrorClassName(one.error))
        << one.status << " " << one.body;
    EXPECT_EQ(failure.upstream_status, one.status);
    EXPECT_FALSE(failure.message.empty());
    EXPECT_FALSE(failure.type.empty());
  }
}

TEST(FailureClassifier, FindsTheMessageWhereverAProviderKeepsIt) {
  struct Case {
    std::string_view body;
    std::string_view message;
  };
  const Case cases[] = {
      {R"({"error":{"message":"a"}})", "a"},
      {R"({"error":"b"})", "b"},
      {R"({"message":"c"})", "c"},
      {R"({"errors":[{"message":"d"}]})", "d"},
      {R"({"detail":"e"})", "e"},
      {R"({"detail":{"message":"f"}})", "f"},
      {R"({"detail":[{"msg":"g"}]})", "g"},
      {R"({"err_msg":"h"})", "h"},
      {R"({"title":"i"})", "i"},
      {"  plain text \n", "plain text"},
      {"", "the provider answered 500 without a message"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(ClassifyAnswer(500, net::HeaderList(), one.body, 0).message, one.message) << one.body;
  }
}

TEST(FailureClassifier, PassesABodyInOpenAisShapeOn) {
  const std::string_view body = R"({"error":{"message":"a","extra":1}})";
  EXPECT_EQ(ClassifyAnswer(400, net::HeaderList(), body, 0).body, body);
  EXPECT_EQ(ClassifyAnswer(400, net::HeaderList(), R"({"message":"a"})", 0).body, "");
}

TEST(FailureClassifier, R21_ReadsRetryAfterAsSecondsAndAsADate) {
  struct Case {
    net::HeaderView header;
    std::optional<uint64_t> ms;
  };
  const Case cases[] = {
      {{"Retry-After", "2"}, 2000},
      {{"retry-after", "0.25"}, 250},
      {{"retry-after-ms", "120"}, 120},
      {{"retry-after", "Thu, 01 Jan 1970 00:01:40 GMT"}, 90'000},
      {{"retry-after", "Thu, 01 Jan 1970 00:00:01 GMT"}, 0},
      {{"retry-after", "-1"}, std::nullopt},
      {{"retry-after", "soon"}, std::nullopt},
      {{"retry-after", "nan"}, std::nullopt},
      {{"x-other", "1"}, std::nullopt},
  };
  for (const Case& one : cases) {
    net::HeaderList headers;
    headers.push_back(one.header);
    EXPECT_EQ(RetryAfterMs(headers, 10), one.ms) << one.header.value;
  }
}

TEST(FailureClassifier, ReadsErrorEventsThatHaveNoStatus) {
  struct Case {
    std::string_view data;
    ErrorClass error;
  };
  const Case cases[] = {
      {R"({"error":{"message":"x","type":"server_error"}})", ErrorClass::kServerError},
      {R"({"error":{"message":"x","code":429}})", ErrorClass::kRateLimit},
      {R"({"error":{"message":"x","code":"rate_limit_exceeded"}})", ErrorClass::kRateLimit},
      {R"({"error":{"message":"You exceeded your current quota","code":"rate_limit_exceeded"}})",
       ErrorClass::kRateLimit},
      {R"({"error":{"message":"x","type":"permission_error"}})", ErrorClass::kAuth},
      {R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})",
       ErrorClass::kOverloaded},
      {R"({"error":{"message":"x","code":"context_length_exceeded"}})", ErrorClass::kContextLength},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(ErrorClassName(ClassifyErrorEvent(one.data).error), ErrorClassName(one.error))
        << one.data;
  }
}

TEST(FailureClassifier, DoesNotCutACharacterOfALongMessage) {
  std::string body(1023, 'a');
  body += "\xC3\xA9 and more";
  const std::string message = ClassifyAnswer(500, net::HeaderList(), body, 0).message;
  EXPECT_EQ(message, std::string(1023, 'a'));
}

}  // namespace
}  // namespace junctor::engine
