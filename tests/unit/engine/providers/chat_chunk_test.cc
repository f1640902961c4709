// What counts as a token, an error, an end (R20, R22).
#include "engine/providers/chat/chat_chunk.h"

#include <gtest/gtest.h>

namespace junctor::engine {
namespace {

ServerSentEvent Data(std::string_view data) {
  ServerSentEvent event;
  event.data = data;
  event.has_data = true;
  return event;
}

TEST(ChunkInspector, TellsTheKindsOfEventsApart) {
  struct Case {
    const char* what;
    std::string_view data;
    ChunkKind kind;
  };
  const Case cases[] = {
      {"content is a token", R"({"choices":[{"delta":{"content":"hi"}}]})", ChunkKind::kToken},
      {"a role alone is life",
       R"({"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]})",
       ChunkKind::kLife},
      {"a role with null content is life",
       R"({"choices":[{"delta":{"role":"assistant","content":null}}]})", ChunkKind::kLife},
      {"a tool call is a token", R"({"choices":[{"delta":{"tool_calls":[{"index":0}]}}]})",
       ChunkKind::kToken},
      {"no tool calls are life", R"({"choices":[{"delta":{"tool_calls":[]}}]})", ChunkKind::kLife},
      {"reasoning is a token", R"({"choices":[{"delta":{"reasoning_content":"hm"}}]})",
       ChunkKind::kToken},
      {"a finish reason is a token", R"({"choices":[{"delta":{},"finish_reason":"stop"}]})",
       ChunkKind::kToken},
      {"usage alone is life", R"({"choices":[],"usage":{"total_tokens":3}})", ChunkKind::kLife},
      {"a second choice counts", R"({"choices":[{"delta":{}},{"delta":{"content":"x"}}]})",
       ChunkKind::kToken},
      {"[DONE] is the end", "[DONE]", ChunkKind::kDone},
      {"[DONE] may have space around it", " [DONE] ", ChunkKind::kDone},
      {"an error object is an error", R"({"error":{"message":"boom"}})", ChunkKind::kError},
      {"a null error is none", R"({"error":null,"choices":[]})", ChunkKind::kLife},
      {"cut JSON is invalid", R"({"choices":[{"delta":)", ChunkKind::kInvalid},
      {"text is invalid", "hello", ChunkKind::kInvalid},
      {"nothing is invalid", "", ChunkKind::kInvalid},
      {"an array is invalid", "[1]", ChunkKind::kInvalid},
      {"a number beyond 64 bits is JSON", R"({"choices":[],"n":123456789012345678901234567890})",
       ChunkKind::kLife},
  };
  ChunkInspector inspector;
  for (const Case& one : cases) {
    EXPECT_EQ(static_cast<int>(inspector.Inspect(Data(one.data)).kind), static_cast<int>(one.kind))
        << one.what;
  }
}

TEST(ChunkInspector, CommentsAreLife) {
  ChunkInspector inspector;
  EXPECT_EQ(inspector.Inspect(ServerSentEvent()).kind, ChunkKind::kLife);
}

TEST(ChunkInspector, AnErrorMayBeInTheEventsNameAlone) {
  ChunkInspector inspector;
  ServerSentEvent event = Data(R"({"message":"boom"})");
  event.name = "error";
  EXPECT_EQ(inspector.Inspect(event).kind, ChunkKind::kError);
}

}  // namespace
}  // namespace junctor::engine
