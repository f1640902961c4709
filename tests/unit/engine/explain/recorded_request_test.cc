// Requests from JSON files.
#include "engine/explain/recorded_request.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

absl::StatusOr<RequestParts> Parse(std::string_view text) {
  BodyScanner scanner;
  return ParseRequestParts(text, &scanner);
}

TEST(RequestPartsTest, AChatCompletionIsTheBodyItself) {
  const std::string_view text = R"({"model": "x", "metadata": {"a": "b"}, "n": 1.50})";
  const auto parts = Parse(text);
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->body, text);
  EXPECT_FALSE(parts->metadata.has_value());
}

TEST(RequestPartsTest, AnObjectOfPartsIsTakenApartAndTheBodyKeepsItsBytes) {
  const auto parts = Parse(R"({"body": {"n" : 1.50}, "headers": {"A": "1", "B": "2"},
      "metadata": {"plan": "pro"}, "method": "PUT", "path": "/x", "client_ip": "::1"})");
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->body, R"({"n" : 1.50})");
  ASSERT_EQ(parts->headers.size(), 2u);
  EXPECT_EQ(parts->headers[1].second, "2");
  EXPECT_EQ(parts->metadata, R"({"plan": "pro"})");
  EXPECT_EQ(parts->method, "PUT");
  EXPECT_EQ(parts->path, "/x");
  EXPECT_EQ(parts->client_ip, "::1");
}

TEST(RequestPartsTest, MetadataAloneIsAPart) {
  const auto parts = Parse(R"({"metadata": {"plan": "pro"}})");
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_FALSE(parts->body.has_value());
  EXPECT_TRUE(parts->metadata.has_value());
}

TEST(RequestPartsTest, ABodyThatIsAStringIsThatText) {
  const auto parts = Parse(R"({"body": "not \"JSON\""})");
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->body, "not \"JSON\"");
}

TEST(RequestPartsTest, WhatIsWrongIsNamed) {
  const struct {
    const char* text;
    const char* message;
  } kCases[] = {
      {R"({"body": {}, "headrs": {}})",
       "unknown key `headrs` beside `body`; did you mean `headers`?"},
      {R"({"body": {}, "xyzzy": {}})", "unknown key `xyzzy` beside `body`"},
      {R"({"body": {}, "body": {}})", "the key `body` stands there twice"},
      {R"({"headers": {"a": 1}})", "the header `a` must be a string, as all headers are"},
      {R"({"headers": []})", "`headers` must be an object of strings"},
      {R"({"path": 1})", "`path` must be a string"},
      {R"({"body": )", "not JSON at byte 9: Invalid value."},
      {"{\"body\": \"\xff\"}", "not JSON at byte 10: Invalid encoding in string."},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.text);
    const auto parts = Parse(one.text);
    ASSERT_FALSE(parts.ok());
    EXPECT_EQ(parts.status().message(), one.message);
  }
}

TEST(RequestPartsTest, TextThatIsNoObjectIsRefused) {
  for (const char* text : {"", "[]", "1", "{} {}", "null"}) EXPECT_FALSE(Parse(text).ok()) << text;
  EXPECT_FALSE(Parse(std::string(1'000'000, '[')).ok());
}

TEST(RecordedRequestTest, TheMetadataHeaderCountsWhereThereIsNoMetadata) {
  BodyScanner scanner;
  RequestParts parts;
  parts.headers = {{"CF-AIG-Metadata", R"({"plan": "free"})"}};
  const auto from_header = RecordedRequest::Make(parts, &scanner);
  ASSERT_TRUE(from_header.ok()) << from_header.status();
  EXPECT_EQ((*from_header)->request().metadata->Find("plan").string(), "free");
  parts.metadata = R"({"plan": "pro"})";
  const auto from_parts = RecordedRequest::Make(parts, &scanner);
  ASSERT_TRUE(from_parts.ok());
  EXPECT_EQ((*from_parts)->request().metadata->Find("plan").string(), "pro");
}

TEST(RecordedRequestTest, ABodyThatIsNotJsonIsNoBodyButHasASize) {
  BodyScanner scanner;
  RequestParts parts;
  parts.body = "hello";
  const auto request = RecordedRequest::Make(parts, &scanner);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ((*request)->request().body, nullptr);
  EXPECT_EQ((*request)->request().body_bytes, 5u);
}

}  // namespace
}  // namespace junctor::engine
