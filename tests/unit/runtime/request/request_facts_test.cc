#include "runtime/request/request_facts.h"

#include "gtest/gtest.h"
#include "runtime/program/disassembler.h"
#include "tests/unit/runtime/interp/test_request.h"

namespace junctor::testing {
namespace {

std::string Fact(RequestFact fact, const Request& request) {
  std::pmr::monotonic_buffer_resource arena;
  const Value value = ComputeFact(fact, request, &arena);
  return value.is_missing() ? "missing" : ValueToText(value, 1000);
}

std::string FactOf(RequestFact fact, const char* body) {
  TestRequest request;
  request.Body(body);
  return Fact(fact, request.request());
}

TEST(R18, FactsOfTheHttpRequest) {
  Request request;
  request.method = "post";
  request.path = "/v1/chat/completions?x=1";
  request.client_ip = "10.0.0.1";
  request.body_bytes = 42;
  EXPECT_EQ(Fact(RequestFact::kMethod, request), "\"POST\"");
  EXPECT_EQ(Fact(RequestFact::kPath, request), "\"/v1/chat/completions\"");
  EXPECT_EQ(Fact(RequestFact::kClientIp, request), "\"10.0.0.1\"");
  EXPECT_EQ(Fact(RequestFact::kBodyBytes, request), "42");
  EXPECT_EQ(Fact(RequestFact::kStream, request), "false");
  EXPECT_EQ(Fact(RequestFact::kModel, request), "missing");
  EXPECT_EQ(Fact(RequestFact::kMessageCount, request), "0");
  EXPECT_EQ(Fact(RequestFact::kLastUserText, request), "missing");
}

TEST(R18, FactsOfTheTime) {
  const struct {
    int64_t unix_seconds;
    const char* hour;
    const char* weekday;
  } cases[] = {{0, "0", "4"},  // Thursday, 1 January 1970
               {-1, "23", "3"},
               {345'600, "0", "1"},          // Monday, 5 January 1970
               {1'700'000'000, "22", "2"}};  // Tuesday, 14 November 2023, 22:13:20
  for (const auto& c : cases) {
    Request request;
    request.unix_seconds = c.unix_seconds;
    EXPECT_EQ(Fact(RequestFact::kHourUtc, request), c.hour);
    EXPECT_EQ(Fact(RequestFact::kWeekdayUtc, request), c.weekday);
  }
}

TEST(R18, FactsOfTheBody) {
  const char* chat =
      R"({"model":"dynamic/x","stream":true,"tools":[{"type":"function"}],"messages":[)"
      R"({"role":"system","content":"caf\u00e9"},{"role":"user","content":"first"},)"
      R"({"content":[{"type":"text","text":"a\nb"},{"type":"image_url","image_url":{}},)"
      R"({"type":"text","text":"c"}],"role":"us\u0065r"},{"role":"assistant","content":null}]})";
  EXPECT_EQ(FactOf(RequestFact::kModel, chat), "\"dynamic/x\"");
  EXPECT_EQ(FactOf(RequestFact::kStream, chat), "true");
  EXPECT_EQ(FactOf(RequestFact::kMessageCount, chat), "4");
  EXPECT_EQ(FactOf(RequestFact::kHasTools, chat), "true");
  EXPECT_EQ(FactOf(RequestFact::kHasImages, chat), "true");
  EXPECT_EQ(FactOf(RequestFact::kLastUserText, chat), R"("a\nb\nc")");
  // café is 5 bytes, first 5, a-newline-b 3, c 1: 14 bytes.
  EXPECT_EQ(FactOf(RequestFact::kEstimatedInputTokens, chat), "4");
}

TEST(R18, FactsOfBodiesWithoutWhatTheyAskFor) {
  EXPECT_EQ(FactOf(RequestFact::kStream, R"({"stream":"true"})"), "false");
  EXPECT_EQ(FactOf(RequestFact::kModel, R"({"model":5})"), "missing");
  EXPECT_EQ(FactOf(RequestFact::kMessageCount, R"({"messages":[]})"), "0");
  EXPECT_EQ(FactOf(RequestFact::kMessageCount, R"({"messages":"x"})"), "0");
  EXPECT_EQ(FactOf(RequestFact::kHasTools, R"({"tools":[ ]})"), "false");
  EXPECT_EQ(FactOf(RequestFact::kHasTools, R"({"functions":[{}]})"), "true");
  EXPECT_EQ(FactOf(RequestFact::kHasImages, R"({"messages":[{"content":"image_url"}]})"), "false");
  EXPECT_EQ(FactOf(RequestFact::kLastUserText, R"({"messages":[{"role":"user"}]})"), "\"\"");
  EXPECT_EQ(FactOf(RequestFact::kLastUserText, R"({"messages":[7,null,"x"]})"), "missing");
}

}  // namespace
}  // namespace junctor::testing
