// Streams that golden files show badly: array framing, and ends that are none.
#include "engine/providers/google/google_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/providers/chat/event_reader.h"

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

AnswerContext StreamContext() {
  AnswerContext context;
  context.model = "gemini-2.5-flash";
  context.stream = true;
  context.created = 1'790'000'000;
  context.random = 1;
  return context;
}

struct Translated {
  std::string out;
  absl::Status status;
  uint32_t invalid = 0;
};

Translated TranslateInPieces(std::string_view answer, size_t piece_bytes) {
  Translated result;
  const std::unique_ptr<AnswerTranslator> translator = MakeGoogleStreamTranslator(StreamContext());
  for (size_t at = 0; at < answer.size() && result.status.ok(); at += piece_bytes) {
    const std::string piece(answer.substr(at, piece_bytes));
    result.status = translator->Feed(piece, &result.out);
  }
  if (result.status.ok()) result.status = translator->Finish(&result.out);
  result.invalid = translator->invalid_events();
  return result;
}

const char* const kResponses[] = {
    R"({"candidates":[{"content":{"parts":[{"text":"Grüße, "}],"role":"model"}}],"responseId":"r1","modelVersion":"gemini-2.5-flash"})",
    R"({"candidates":[{"content":{"parts":[{"text":"\"Welt\"]}"}]}}],"responseId":"r1"})",
    R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}})",
};

std::string AsEvents() {
  std::string text;
  for (const char* response : kResponses) text.append("data: ").append(response).append("\r\n\r\n");
  return text;
}

std::string AsArray() {
  std::string text = "[";
  for (const char* response : kResponses)
    text.append(text.size() == 1 ? "" : "\n,\r\n").append(response);
  return text + "\n]\n";
}

TEST(GoogleStream, AnArrayInPiecesBecomesWhatEventsBecome) {
  const Translated events = TranslateInPieces(AsEvents(), 1'000'000);
  ASSERT_TRUE(events.status.ok()) << events.status;
  EXPECT_THAT(events.out, HasSubstr(R"("finish_reason":"tool_calls")"));
  EXPECT_TRUE(events.out.ends_with("data: [DONE]\n\n"));
  const std::string array = AsArray();
  for (size_t piece = 1; piece <= array.size(); ++piece) {
    const Translated translated = TranslateInPieces(array, piece);
    ASSERT_TRUE(translated.status.ok()) << translated.status;
    ASSERT_EQ(translated.out, events.out) << "pieces of " << piece;
  }
}

TEST(GoogleStream, WhatIsCutAnywhereIsNeverWhole) {
  const std::string events = AsEvents();
  const std::string array = AsArray();
  // Up to the event that holds the finish.
  for (size_t size = 0; size + 6 < events.size(); ++size) {
    const Translated translated = TranslateInPieces(std::string_view(events).substr(0, size), 7);
    ASSERT_EQ(translated.status.code(), absl::StatusCode::kDataLoss) << "cut at " << size;
    ASSERT_THAT(translated.out, Not(HasSubstr("[DONE]")));
  }
  for (size_t size = 0; size + 4 < array.size(); ++size) {
    const Translated translated = TranslateInPieces(std::string_view(array).substr(0, size), 7);
    ASSERT_EQ(translated.status.code(), absl::StatusCode::kDataLoss) << "cut at " << size;
    ASSERT_THAT(translated.out, Not(HasSubstr("[DONE]")));
  }
}

TEST(GoogleStream, EveryCandidateHasToFinish) {
  const Translated translated = TranslateInPieces(
      "data: {\"candidates\":[{\"index\":0,\"finishReason\":\"STOP\"},{\"index\":1,\"content\":"
      "{\"parts\":[{\"text\":\"a\"}]}}]}\n\n",
      10);
  EXPECT_EQ(translated.status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(translated.status.message()), HasSubstr("candidate 1"));
}

TEST(GoogleStream, CandidatesBeyondTheMostAreCutShort) {
  const Translated translated = TranslateInPieces(
      "data: {\"candidates\":[{\"index\":4000000000,\"content\":{\"parts\":[{\"text\":\"no\"}]}},"
      "{\"finishReason\":\"STOP\"}]}\n\n",
      1000);
  EXPECT_TRUE(translated.status.ok()) << translated.status;
  EXPECT_THAT(translated.out, Not(HasSubstr("no\"")));
}

TEST(GoogleStream, WrongTypesCountAsAbsent) {
  const Translated translated = TranslateInPieces(
      "data: {\"candidates\":{},\"usageMetadata\":[],\"modelVersion\":5}\n\n"
      "data: {\"candidates\":[5,{\"content\":[],\"index\":\"x\"},{\"content\":{\"parts\":{}}},"
      "{\"content\":{\"parts\":[5,{\"text\":7},{\"functionCall\":[]},{\"inlineData\":{\"data\":"
      "4}}]}}]}"
      "\n\ndata: [1]\n\ndata: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n",
      1000);
  EXPECT_TRUE(translated.status.ok()) << translated.status;
  EXPECT_EQ(translated.invalid, 1u);
}

TEST(GoogleStream, AnEventThatIsTooLargeEndsTheStream) {
  const std::unique_ptr<AnswerTranslator> events = MakeGoogleStreamTranslator(StreamContext());
  const std::unique_ptr<AnswerTranslator> array = MakeGoogleStreamTranslator(StreamContext());
  const std::string piece(1024 * 1024, 'a');
  std::string out;
  absl::Status event_status = events->Feed("data: ", &out);
  absl::Status array_status = array->Feed("[{\"", &out);
  for (size_t i = 0; i <= kMaxEventBytes / piece.size(); ++i) {
    if (event_status.ok()) event_status = events->Feed(piece, &out);
    if (array_status.ok()) array_status = array->Feed(piece, &out);
  }
  EXPECT_EQ(event_status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(array_status.code(), absl::StatusCode::kResourceExhausted);
}

TEST(GoogleStream, CallsWithoutIdsGetDifferentOnes) {
  const Translated translated = TranslateInPieces(
      "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"a\"}},"
      "{\"functionCall\":{\"name\":\"b\"}}]},\"finishReason\":\"STOP\"}]}\n\n",
      1000);
  const size_t first = translated.out.find("\"call_");
  const size_t second = translated.out.find("\"call_", first + 1);
  ASSERT_NE(second, std::string::npos);
  EXPECT_EQ(translated.out[first + 30], '"');
  EXPECT_NE(translated.out.substr(first, 30), translated.out.substr(second, 30));
}

}  // namespace
}  // namespace junctor::engine
