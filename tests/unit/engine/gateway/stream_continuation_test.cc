// How the chunks of a second answer become chunks of the stream that broke (R22, `continue`).
#include "engine/gateway/stream_continuation.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace junctor::engine {
namespace {

using Verdict = StreamContinuation::Verdict;

std::string Chunk(std::string_view id, std::string_view delta, std::string_view finish = "null") {
  return R"({"id":")" + std::string(id) +
         R"(","object":"chat.completion.chunk","created":7,"model":"m-)" + std::string(id) +
         R"(","choices":[{"index":0,"delta":)" + std::string(delta) + R"(,"finish_reason":)" +
         std::string(finish) + "}]}";
}

Verdict Take(StreamContinuation& stream, const std::string& data, std::string* out) {
  ServerSentEvent event;
  event.data = data;
  event.has_data = true;
  return stream.Take(event, out);
}

// A first answer that said `text` and broke.
StreamContinuation Broken(const std::vector<std::string>& deltas) {
  StreamContinuation stream;
  std::string out;
  for (const std::string& delta : deltas) {
    EXPECT_EQ(Take(stream, Chunk("first", delta), &out), Verdict::kUnchanged);
  }
  EXPECT_TRUE(out.empty());
  return stream;
}

TEST(StreamContinuationTest, TheFirstAnswerIsWatchedAndItsTextKept) {
  const StreamContinuation stream = Broken(
      {R"({"role":"assistant","content":""})", R"({"content":"one "})", R"({"content":"two"})"});
  EXPECT_EQ(stream.text(), "one two");
  EXPECT_TRUE(stream.can_continue());
}

TEST(StreamContinuationTest, AfreshWhatTheCallerHasIsLeftOutAcrossUnevenPieces) {
  StreamContinuation next = Broken({R"({"content":"one two"})"}).Next(/*continues_prefix=*/false);
  std::string out;
  EXPECT_EQ(Take(next, Chunk("second", R"({"role":"assistant","content":""})"), &out),
            Verdict::kRewritten);
  EXPECT_EQ(Take(next, Chunk("second", R"({"content":"one"})"), &out), Verdict::kRewritten);
  EXPECT_EQ(out, "") << "nothing new yet";
  EXPECT_EQ(Take(next, Chunk("second", R"({"content":" two three"})"), &out), Verdict::kRewritten);
  EXPECT_EQ(out,
            "data: {\"id\":\"first\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":"
            "\"m-first\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" three\"},"
            "\"finish_reason\":null}]}\n\n");
  EXPECT_EQ(next.text(), "one two three");
}

TEST(StreamContinuationTest, AnswersThatDifferOrEndEarlyAreToldApart) {
  struct Case {
    std::string_view what;
    std::vector<std::string> chunks;
  };
  const Case cases[] = {
      {"another word", {Chunk("second", R"({"content":"one too"})")}},
      {"an early end",
       {Chunk("second", R"({"content":"one"})"), Chunk("second", "{}", "\"stop\"")}},
      {"a tool in its place",
       {Chunk("second",
              R"({"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]})")}},
  };
  for (const Case& one : cases) {
    StreamContinuation next = Broken({R"({"content":"one two"})"}).Next(false);
    Verdict verdict = Verdict::kUnchanged;
    std::string out;
    for (const std::string& chunk : one.chunks) verdict = Take(next, chunk, &out);
    EXPECT_EQ(verdict, Verdict::kDiffers) << one.what;
    EXPECT_EQ(out, "") << one.what;
  }
}

TEST(StreamContinuationTest, FromAPrefixEverythingIsNewButWhiteSpaceThatWasSent) {
  StreamContinuation next = Broken({R"({"content":"one two "})"}).Next(/*continues_prefix=*/true);
  std::string out;
  Take(next, Chunk("second", R"({"content":" three"})"), &out);
  EXPECT_NE(out.find(R"("content":"three")"), std::string::npos) << out;
  StreamContinuation other = Broken({R"({"content":"one two "})"}).Next(true);
  out.clear();
  Take(other, Chunk("second", R"({"content":"three"})"), &out);
  EXPECT_NE(out.find(R"("content":"three")"), std::string::npos) << out;
}

TEST(StreamContinuationTest, ReasoningIsNotRepeatedOnceTheCallerHasTextOrReasoning) {
  StreamContinuation next =
      Broken({R"({"reasoning_content":"hm"})", R"({"content":"one"})"}).Next(false);
  std::string out;
  EXPECT_EQ(Take(next, Chunk("second", R"({"reasoning_content":"hm again"})"), &out),
            Verdict::kRewritten);
  EXPECT_EQ(out, "");
}

TEST(StreamContinuationTest, WhatIsNotTextOfOneChoiceCannotBeGoneOnFrom) {
  EXPECT_FALSE(Broken({R"({"tool_calls":[{"index":0}]})"}).can_continue());
  EXPECT_FALSE(Broken({R"({"refusal":"no"})"}).can_continue());
  EXPECT_FALSE(Broken({R"({"content":[{"type":"text"}]})"}).can_continue());
  StreamContinuation two;
  std::string out;
  Take(two, R"({"choices":[{"index":1,"delta":{"content":"b"}}]})", &out);
  EXPECT_FALSE(two.can_continue());
}

TEST(StreamContinuationTest, TooMuchTextCannotBeGoneOnFrom) {
  const std::string big(kMaxContinuedBytes + 1, 'x');
  EXPECT_FALSE(Broken({R"({"content":")" + big + "\"}"}).can_continue());
}

TEST(StreamContinuationTest, UsageAndFinishGoOnUnderTheFirstId) {
  StreamContinuation next = Broken({R"({"content":"one"})"}).Next(false);
  std::string out;
  Take(next, Chunk("second", R"({"content":"one"})"), &out);
  Take(next, Chunk("second", "{}", "\"stop\""), &out);
  Take(next, R"({"id":"second","choices":[],"usage":{"total_tokens":3}})", &out);
  EXPECT_EQ(out.find("second"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("finish_reason":"stop")"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("usage":{"total_tokens":3})"), std::string::npos) << out;
}

TEST(StreamContinuationTest, CommentsPass) {
  StreamContinuation next = Broken({R"({"content":"one"})"}).Next(false);
  ServerSentEvent comment;
  comment.raw = ": ping\n\n";
  std::string out;
  EXPECT_EQ(next.Take(comment, &out), Verdict::kUnchanged);
}

}  // namespace
}  // namespace junctor::engine
