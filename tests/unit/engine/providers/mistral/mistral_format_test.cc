// What golden files show badly: ids of tool calls over turns, and the prefix that the gateway adds.
#include "engine/providers/mistral/mistral_format.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/providers/mistral/mistral_request.h"
#include "engine/providers/mistral/tool_call_id.h"

namespace junctor::engine {
namespace {

TEST(MistralToolCallId, KeepsMistralsOwn) {
  EXPECT_EQ(MistralToolCallId("D681PevKs"), "D681PevKs");
  EXPECT_EQ(MistralToolCallId("000000000"), "000000000");
}

TEST(MistralToolCallId, MakesNineLettersAndDigitsOfOthersTheSameEachTime) {
  std::set<std::string> made;
  for (const std::string_view id : {"", "call_a1", "call_a2", "D681PevK", "D681PevKsx", "D681PevK_",
                                    "toolu_01A09q90qw90lq91", "modèle-id"}) {
    const std::string one = MistralToolCallId(id);
    EXPECT_EQ(one.size(), 9u) << id;
    EXPECT_EQ(
        one.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
        std::string::npos)
        << id;
    EXPECT_EQ(MistralToolCallId(id), one) << id;
    EXPECT_EQ(MistralToolCallId(one), one) << "what was made once is kept";
    made.insert(one);
  }
  EXPECT_EQ(made.size(), 8u) << "each id has its own";
  // Callers' conversations live longer than a process: this must never change.
  EXPECT_EQ(MistralToolCallId("call_a1"), "oPGJuQTwx");
}

TEST(MistralFormat, MarksTheAnswerSoFarAsPrefix) {
  EXPECT_TRUE(MistralFormat().TakesAssistantPrefix("mistral-large-latest"));
  ContentPart question;
  question.text = "Say a b c.";
  ContentPart so_far;
  so_far.text = "a b";
  ChatRequest chat;
  chat.messages.resize(2);
  chat.messages[0].parts.push_back(question);
  chat.messages[1].role = ChatRole::kAssistant;
  chat.messages[1].parts.push_back(so_far);
  chat.messages[1].prefix = true;
  const auto body = MakeMistralBody(chat, "m", true);
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(*body,
            R"({"model":"m","stream":true,"messages":[{"role":"user","content":"Say a b c."},)"
            R"({"role":"assistant","content":"a b","prefix":true}]})");
}

}  // namespace
}  // namespace junctor::engine
