// What Google can't be asked, and what becomes part of its paths.
#include "engine/providers/google/google_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "engine/providers/google/google_format.h"
#include "tests/unit/engine/providers/google/chat_testing.h"

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;
using testing::MessageOf;
using ::testing::Not;
using testing::Translate;

constexpr std::string_view kHello = R"({"messages":[{"role":"user","content":"Hello"}]})";

TEST(GoogleRequest, PathsHoldTheModel) {
  struct Case {
    const char* model;
    const char* path;
  };
  for (const Case& c : std::vector<Case>{
           {"gemini-2.5-pro", "/v1beta/models/gemini-2.5-pro:generateContent"},
           {"models/gemini-2.5-pro", "/v1beta/models/gemini-2.5-pro:generateContent"},
           {"tunedModels/mine-1", "/v1beta/tunedModels/mine-1:generateContent"},
       }) {
    const auto made = Translate(GoogleFormat(), std::string(kHello), c.model);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(made->request.path, c.path);
  }
}

TEST(GoogleRequest, ModelsThatWouldChangeThePathAreRefused) {
  for (const char* model :
       {"", "..", "a..b", "../x", "a/b", "a?x", "a#b", "a%2fb", "a b", "a\nb", "a:b", ".a", "-a",
        "models/", "models/../x", "tunedModels/a/b", "\xC3\xA9"}) {
    const auto made = Translate(GoogleFormat(), std::string(kHello), model);
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << model;
  }
  EXPECT_FALSE(IsModelPathSegment(std::string(kMaxModelNameBytes + 1, 'a')));
}

TEST(GoogleRequest, WhatGoogleCannotBeAskedIsNamed) {
  struct Case {
    const char* what;
    const char* body;
    const char* message;
  };
  const std::vector<Case> cases = {
      {"audio out",
       R"({"messages":[{"role":"user","content":"x"}],"modalities":["text","audio"],"audio":{"voice":"a","format":"wav"}})",
       "`audio`"},
      {"six stops",
       R"({"messages":[{"role":"user","content":"x"}],"stop":["1","2","3","4","5","6"]})",
       "`stop` has 6"},
      {"nothing said", R"({"messages":[{"role":"user","content":""}]})", "`messages` holds no"},
      {"an image as system message",
       R"({"messages":[{"role":"system","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"https://e.com/a.png"}}]},{"role":"user","content":"x"}]})",
       "messages[0].content[1]"},
      {"a result without its call",
       R"({"messages":[{"role":"user","content":"x"},{"role":"tool","tool_call_id":"call_9","content":"y"}]})",
       "messages[1].tool_call_id is \"call_9\""},
      {"arguments that are no object",
       R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"[1]"}}]}]})",
       "messages[1].tool_calls[0].function.arguments"},
      {"a file of OpenAI's",
       R"({"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-123"}}]}]})",
       "messages[0].content[0]"},
      {"a level and a budget",
       R"({"messages":[{"role":"user","content":"x"}],"extra_body":{"google":{"thinking_config":{"thinking_level":"low","thinking_budget":5}}}})",
       "thinking_level and a thinking_budget"},
      {"safety settings that are no list",
       R"({"messages":[{"role":"user","content":"x"}],"safety_settings":{}})", "`safety_settings`"},
      {"a schema that contains itself",
       R"({"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"$ref":"#"}}}}}]})",
       "tools[0].function.parameters"},
  };
  for (const Case& c : cases) {
    const auto made = Translate(GoogleFormat(), c.body, "gemini-2.0-flash");
    ASSERT_FALSE(made.ok()) << c.what << ": " << made->request.body;
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument) << c.what;
    EXPECT_THAT(MessageOf(made.status()), HasSubstr(c.message)) << c.what;
  }
}

TEST(GoogleRequest, FieldsThatOnlyTuneAreDropped) {
  const auto made = Translate(
      GoogleFormat(),
      R"({"messages":[{"role":"user","content":"x"}],"user":"u","logit_bias":{"1":2},"store":true,)"
      R"("parallel_tool_calls":false,"service_tier":"auto","seed":99999999999,"metadata":{"a":"b"}})",
      "gemini-2.5-flash");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->request.body, R"({"contents":[{"role":"user","parts":[{"text":"x"}]}]})");
}

TEST(GoogleRequest, TheModelAndTheCallersOwnFieldsStandNotInTheBody) {
  const auto made = Translate(
      GoogleFormat(),
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"something_else":{"a":1}})",
      "gemini-2.5-flash");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->request.body, Not(HasSubstr("model\"")));
  EXPECT_THAT(made->request.body, Not(HasSubstr("something_else")));
}

TEST(GoogleRequest, AMegabyteOfImageIsWrittenWithoutGrowingTheBody) {
  const std::string data(1 << 20, 'A');
  const auto made = Translate(
      GoogleFormat(),
      R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
          data + R"("}}]}]})",
      "gemini-2.5-flash");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->request.body, HasSubstr(R"("mimeType":"image/png","data":"AAAA)"));
  EXPECT_LT(made->request.body.capacity(), made->request.body.size() + 16 * 1024);
}

}  // namespace
}  // namespace junctor::engine
