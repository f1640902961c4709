// Chat requests as callers send them: every field, every shape, and what is said of wrong ones.
#include "engine/providers/chat/chat_request_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "runtime/request/body_index.h"

namespace junctor::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A body on the heap with its padding, and what was read of it.
class Reading {
 public:
  explicit Reading(std::string_view body)
      : bytes_(std::make_unique<std::string>(std::string(body) + std::string(kBodyPadding, '\0'))),
        result_(reader_.Read(std::string_view(*bytes_).substr(0, body.size()))) {}

  bool ok() const { return result_.ok(); }
  std::string error() const { return std::string(result_.status().message()); }
  const ChatRequest& operator*() const { return *result_; }
  const ChatRequest* operator->() const { return &*result_; }

 private:
  ChatRequestReader reader_;
  std::unique_ptr<std::string> bytes_;
  absl::StatusOr<ChatRequest> result_;
};

// `members` after one user message.
Reading WithMessage(std::string_view members) {
  return Reading(R"({"messages":[{"role":"user","content":"hi"}],)" + std::string(members) + "}");
}

// One message.
Reading OneMessage(std::string_view message) {
  return Reading(R"({"messages":[)" + std::string(message) + "]}");
}

TEST(ChatRequestReader, ReadsEveryFieldThatTranslationsUse) {
  const Reading chat = WithMessage(
      R"("model":"m","max_tokens":1,"max_completion_tokens":2,"temperature":1,"top_p":0.25,)"
      R"("top_k":40,"presence_penalty":-1.5,"frequency_penalty":2,"seed":-7,"n":1,)"
      R"("stop":["a","b\n"],"stream":true,"stream_options":{"include_usage":true,"x":[1]},)"
      R"("logprobs":true,"top_logprobs":3,"reasoning_effort":"xhigh","modalities":["text"],)"
      R"("user":"u","safety_identifier":"s","service_tier":"auto","metadata":{"k":"v"},)"
      R"("parallel_tool_calls":false,"store":true,"logit_bias":{"1":2},"thinking":{"a":[1]},"x":5)");
  ASSERT_TRUE(chat.ok()) << chat.error();
  EXPECT_EQ(chat->max_tokens, 2u);
  EXPECT_EQ(chat->temperature, 1.0);
  EXPECT_EQ(chat->top_p, 0.25);
  EXPECT_EQ(chat->top_k, 40u);
  EXPECT_EQ(chat->presence_penalty, -1.5);
  EXPECT_EQ(chat->frequency_penalty, 2.0);
  EXPECT_EQ(chat->seed, -7);
  EXPECT_EQ(chat->n, 1u);
  EXPECT_THAT(chat->stop, ElementsAre("a", "b\n"));
  EXPECT_TRUE(chat->stream);
  EXPECT_TRUE(chat->include_usage);
  EXPECT_TRUE(chat->logprobs);
  EXPECT_EQ(chat->top_logprobs, 3u);
  EXPECT_EQ(chat->reasoning_effort, ReasoningEffort::kXhigh);
  EXPECT_THAT(chat->modalities, ElementsAre("text"));
  EXPECT_FALSE(chat->wants_audio);
  EXPECT_EQ(chat->user, "s");
  EXPECT_EQ(chat->service_tier, "auto");
  EXPECT_EQ(chat->metadata, R"({"k":"v"})");
  EXPECT_EQ(chat->parallel_tool_calls, false);
  EXPECT_EQ(chat->Extension("thinking"), R"({"a":[1]})");
  EXPECT_EQ(chat->Extension("x"), "5");
  EXPECT_EQ(chat->Extension("store"), "");
  EXPECT_EQ(chat->extensions.size(), 2u);
}

TEST(ChatRequestReader, NullIsTheSameAsAbsentEverywhere) {
  const Reading chat = Reading(
      R"({"messages":[{"role":"assistant","content":null,"name":null,"tool_calls":null,)"
      R"("function_call":null,"refusal":null,"reasoning_content":null,"cache_control":null}],)"
      R"("max_tokens":null,"max_completion_tokens":null,"temperature":null,"n":null,"stop":null,)"
      R"("stream":null,"stream_options":null,"logprobs":null,"tools":null,"tool_choice":null,)"
      R"("functions":null,"function_call":null,"response_format":null,"reasoning_effort":null,)"
      R"("modalities":null,"audio":null,"user":null,"metadata":null,"parallel_tool_calls":null,)"
      R"("seed":null,"thinking":null})");
  ASSERT_TRUE(chat.ok()) << chat.error();
  EXPECT_TRUE(chat->messages[0].parts.empty());
  EXPECT_FALSE(chat->max_tokens.has_value() || chat->temperature.has_value() ||
               chat->n.has_value() || chat->seed.has_value() || chat->tool_choice.has_value() ||
               chat->reasoning_effort.has_value() || chat->parallel_tool_calls.has_value());
  EXPECT_FALSE(chat->stream || chat->include_usage || chat->logprobs || chat->wants_audio ||
               chat->uses_functions);
  EXPECT_TRUE(chat->stop.empty() && chat->extensions.empty() && chat->metadata.empty());
}

TEST(ChatRequestReader, OfDuplicateKeysTheLastOneCounts) {
  const Reading chat = Reading(
      R"({"messages":[{"role":"user","content":"old"},{"role":"user","content":"old"}],)"
      R"("n":5,"n":null,"x":1,"x":2,"stop":["a","b"],"stop":"c","tools":7,)"
      R"("messages":[{"role":"user","content":"a","content":[{"type":"text","text":"b"}]}]})");
  EXPECT_FALSE(chat.ok());  // what is wrong is wrong, also where another follows
  const Reading good = Reading(
      R"({"messages":[{"role":"user","content":"old"},{"role":"user","content":"old"}],)"
      R"("n":5,"n":null,"x":1,"x":2,"stop":["a","b"],"stop":"c",)"
      R"("messages":[{"role":"user","content":"a","content":[{"type":"text","text":"b"}]}]})");
  ASSERT_TRUE(good.ok()) << good.error();
  ASSERT_EQ(good->messages.size(), 1u);
  ASSERT_EQ(good->messages[0].parts.size(), 1u);
  EXPECT_EQ(good->messages[0].parts[0].text, "b");
  EXPECT_FALSE(good->n.has_value());
  EXPECT_EQ(good->Extension("x"), "2");
  EXPECT_THAT(good->stop, ElementsAre("c"));
}

TEST(ChatRequestReader, UnescapesStringsAndKeys) {
  const Reading chat =
      Reading(R"({"mess\u0061ges":[{"r\u006fle":"\u0075ser","content":"a\"\\\n\ud83c\udf27 ü"}]})");
  ASSERT_TRUE(chat.ok()) << chat.error();
  EXPECT_EQ(chat->messages[0].parts[0].text, "a\"\\\n🌧 ü");
}

TEST(ChatRequestReader, ReadsEveryRoleAndPart) {
  const Reading chat = Reading(
      R"({"messages":[{"role":"developer","content":"d"},{"role":"system","content":[]},)"
      R"({"role":"user","name":"bob","cache_control":{"type":"x"},"content":[)"
      R"({"text":"t","type":"text","cache_control":{"a":1}},)"
      R"({"type":"image_url","image_url":{"url":"data:image/png;x=y;base64,AA-_","detail":"low"}},)"
      R"({"type":"image_url","image_url":{"url":"https://a/b"}},)"
      R"({"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},)"
      R"({"type":"file","file":{"file_data":"data:;base64,AAAA","filename":"f"}},)"
      R"({"type":"file","file":{"file_id":"id"}}]},)"
      R"({"role":"assistant","content":[{"type":"refusal","refusal":"no"}],"refusal":"never",)"
      R"("reasoning_content":"r","tool_calls":[{"id":"c","type":"function",)"
      R"("function":{"name":"f","arguments":"{\"a\":1}"},)"
      R"("extra_content":{"google":{"thought_signature":"sig"}}}]},)"
      R"({"role":"tool","tool_call_id":"c","content":"5"}]})");
  ASSERT_TRUE(chat.ok()) << chat.error();
  const auto& messages = chat->messages;
  EXPECT_EQ(messages[0].role, ChatRole::kSystem);
  EXPECT_EQ(messages[1].role, ChatRole::kSystem);
  EXPECT_EQ(messages[2].role, ChatRole::kUser);
  EXPECT_EQ(messages[2].name, "bob");
  EXPECT_EQ(messages[2].cache_control, R"({"type":"x"})");
  const auto& parts = messages[2].parts;
  EXPECT_EQ(parts[0].text, "t");
  EXPECT_EQ(parts[0].cache_control, R"({"a":1})");
  EXPECT_EQ(parts[1].mime_type, "image/png");
  EXPECT_EQ(parts[1].base64, "AA-_");
  EXPECT_EQ(parts[2].url, "https://a/b");
  EXPECT_EQ(parts[2].base64, "");
  EXPECT_EQ(parts[3].kind, ContentPart::Kind::kAudio);
  EXPECT_EQ(parts[3].base64, "AAAA");
  EXPECT_EQ(parts[3].audio_format, "wav");
  EXPECT_EQ(parts[4].mime_type, "");
  EXPECT_EQ(parts[4].filename, "f");
  EXPECT_EQ(parts[5].file_id, "id");
  EXPECT_EQ(messages[3].parts[0].text, "no");
  EXPECT_EQ(messages[3].parts[1].text, "never");
  EXPECT_EQ(messages[3].parts[1].kind, ContentPart::Kind::kRefusal);
  EXPECT_EQ(messages[3].reasoning, "r");
  EXPECT_EQ(messages[3].tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(messages[3].tool_calls[0].thought_signature, "sig");
  EXPECT_EQ(messages[4].role, ChatRole::kTool);
  EXPECT_EQ(messages[4].tool_call_id, "c");
}

TEST(ChatRequestReader, OldFunctionsBecomeTools) {
  const Reading chat = Reading(
      R"({"functions":[{"name":"f","description":"d","parameters":{"type":"object"}}],)"
      R"("function_call":{"name":"f"},"messages":[{"role":"user","content":"a"},)"
      R"({"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},)"
      R"({"role":"function","name":"f","content":"1"},)"
      R"({"role":"assistant","function_call":{"name":"f","arguments":"{}"}},)"
      R"({"role":"function","name":"f","content":"2"}]})");
  ASSERT_TRUE(chat.ok()) << chat.error();
  EXPECT_TRUE(chat->uses_functions);
  EXPECT_EQ(chat->tools[0].name, "f");
  EXPECT_EQ(chat->tool_choice->kind, ChatToolChoice::Kind::kNamed);
  EXPECT_EQ(chat->messages[2].role, ChatRole::kTool);
  EXPECT_EQ(chat->messages[2].tool_call_id, chat->messages[1].tool_calls[0].id);
  EXPECT_EQ(chat->messages[4].tool_call_id, chat->messages[3].tool_calls[0].id);
  EXPECT_NE(chat->messages[2].tool_call_id, chat->messages[4].tool_call_id);
}

TEST(ChatRequestReader, ReadsToolsChoicesAndFormats) {
  const Reading chat = WithMessage(
      R"("tools":[{"type":"function","cache_control":{"t":1},"function":{"name":"f",)"
      R"("parameters":{ "a":[{}] },"strict":true}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"f"}},)"
      R"("response_format":{"json_schema":{"name":"n","schema":{"type":"object"},"strict":false},)"
      R"("type":"json_schema"})");
  ASSERT_TRUE(chat.ok()) << chat.error();
  EXPECT_EQ(chat->tools[0].parameters, R"({ "a":[{}] })");
  EXPECT_EQ(chat->tools[0].strict, true);
  EXPECT_EQ(chat->tools[0].cache_control, R"({"t":1})");
  EXPECT_EQ(chat->tool_choice->name, "f");
  EXPECT_EQ(chat->response_format.kind, ChatResponseFormat::Kind::kJsonSchema);
  EXPECT_EQ(chat->response_format.schema, R"({"type":"object"})");
  EXPECT_EQ(chat->response_format.strict, false);
  EXPECT_FALSE(chat->uses_functions);
}

TEST(ChatRequestReader, WholeNumbersMayBeWrittenAsFractions) {
  EXPECT_EQ(WithMessage(R"("max_tokens":1e2)")->max_tokens, 100u);
  EXPECT_EQ(WithMessage(R"("max_tokens":7.0)")->max_tokens, 7u);
  EXPECT_FALSE(WithMessage(R"("max_tokens":7.5)").ok());
}

TEST(ChatRequestReader, NamesThePlaceAndWhatWasExpectedThere) {
  struct Case {
    Reading reading;
    std::string_view error;
  };
  const Case cases[] = {
      {Reading(""), "the body is not a JSON object"},
      {Reading("[]"), "the body is not a JSON object"},
      {Reading("{}"), "`messages` is missing"},
      {Reading(R"({"messages":[]})"), "`messages` is missing or empty"},
      {Reading(R"({"messages":{}})"), "`messages` is an object: expected an array"},
      {Reading(R"({"messages":[{"role":"user"}]} {})"), "after its closing }"},
      {OneMessage("5"), "`messages[0]` is 5: expected an object"},
      {OneMessage("null"), "`messages[0]` is null: expected a message"},
      {OneMessage(R"({"content":"a"})"), "`messages[0].role` is missing"},
      {OneMessage(R"({"role":"boss"})"), "`messages[0].role` is \"boss\": expected system"},
      {OneMessage(R"({"role":7})"), "`messages[0].role` is 7: expected a string"},
      {OneMessage(R"({"role":"user","content":7})"),
       "`messages[0].content` is 7: expected a string"},
      {OneMessage(R"({"role":"user","content":[{"type":"video"}]})"),
       "`messages[0].content[0].type` is \"video\": expected text"},
      {OneMessage(R"({"role":"user","content":[{}]})"), "`messages[0].content[0].type` is missing"},
      {OneMessage(R"({"role":"user","content":[{"type":"image_url"}]})"),
       "`messages[0].content[0].image_url.url` is missing"},
      {OneMessage(R"({"role":"user","content":[{"type":"image_url","image_url":"u"}]})"),
       "`messages[0].content[0].image_url` is \"u\": expected an object"},
      {OneMessage(
           R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,A"}}]})"),
       "is no data URL with base64"},
      {OneMessage(
           R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"data:;base64,A A="}}]})"),
       "is a data URL whose data is not base64"},
      {OneMessage(
           R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"?"}}]})"),
       "`messages[0].content[0].input_audio.data` is not base64"},
      {OneMessage(R"({"role":"user","content":[{"type":"file","file":{}}]})"),
       "`messages[0].content[0].file` has neither"},
      {OneMessage(R"({"role":"tool","content":"a"})"), "`messages[0].tool_call_id` is missing"},
      {OneMessage(R"({"role":"function","name":"f","content":"a"})"),
       "`messages[0].name` is \"f\": expected the name of a `function_call`"},
      {OneMessage(R"({"role":"user","tool_calls":[{"id":"a","function":{"name":"f"}}]})"),
       "`messages[0].tool_calls` stands in a message of role user"},
      {OneMessage(R"({"role":"assistant","tool_calls":[{"id":"a","type":"custom"}]})"),
       "`messages[0].tool_calls[0].type` is \"custom\""},
      {OneMessage(R"({"role":"assistant","tool_calls":[{"function":{"name":"f"}}]})"),
       "`messages[0].tool_calls[0].id` is missing"},
      {OneMessage(R"({"role":"assistant","tool_calls":[{"id":"a","function":{"arguments":{}}}]})"),
       "`messages[0].tool_calls[0].function.arguments` is an object: expected a string"},
      {OneMessage(R"({"role":"user","content":"\ud800"})"), "half of a surrogate pair"},
      {WithMessage(R"("temperature":"hot")"), "`temperature` is \"hot\": expected a number"},
      {WithMessage(R"("max_tokens":-1)"), "`max_tokens` is -1: expected a whole number"},
      {WithMessage(R"("n":0)"), "`n` is 0"},
      {WithMessage(R"("stream":"yes")"), "`stream` is \"yes\": expected true or false"},
      {WithMessage(R"("stream_options":{"include_usage":1})"),
       "`stream_options.include_usage` is 1"},
      {WithMessage(R"("stop":[1])"), "`stop[0]` is 1: expected a string"},
      {WithMessage(R"("stop":{})"), "`stop` is an object: expected an array"},
      {WithMessage(R"("reasoning_effort":"huge")"),
       "`reasoning_effort` is \"huge\": expected none"},
      {WithMessage(R"("tools":[{"type":"web_search"}])"), "`tools[0].type` is \"web_search\""},
      {WithMessage(R"("tools":[{"type":"function"}])"), "`tools[0].function` is missing"},
      {WithMessage(R"("tools":[{"type":"function","function":{"name":"f","parameters":"x"}}])"),
       "`tools[0].function.parameters` is \"x\": expected an object"},
      {WithMessage(R"("tool_choice":"always")"), "`tool_choice` is \"always\": expected auto"},
      {WithMessage(R"("tool_choice":{"type":"function"})"),
       "`tool_choice.function.name` is missing"},
      {WithMessage(R"("response_format":{"type":"json_schema"})"),
       "`response_format.json_schema.schema` is missing"},
      {WithMessage(R"("response_format":{"type":"xml"})"), "`response_format.type` is \"xml\""},
      {WithMessage(R"("temperature":0x)"), "`temperature` is 0x"},
      {WithMessage(R"("a":1 "b":2)"), "is not JSON"},
  };
  for (const Case& one : cases) {
    ASSERT_FALSE(one.reading.ok()) << one.error;
    EXPECT_THAT(one.reading.error(), HasSubstr(std::string(one.error)));
  }
}

TEST(ChatRequestReader, ShowsOnlyTheBeginningOfALongValue) {
  std::string value = "x";
  for (int i = 0; i < 100; ++i) value += "ü";
  const Reading chat = WithMessage("\"temperature\":\"" + value + "\"");
  ASSERT_FALSE(chat.ok());
  EXPECT_LT(chat.error().size(), 120u);
  EXPECT_THAT(chat.error(), HasSubstr("ü…"));
}

TEST(ChatRequestReader, ViewsALargeImageWhereItStands) {
  const std::string data(1 << 20, 'A');
  const std::string body =
      R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
      data + R"("}}]}]})";
  const Reading chat{std::string_view(body)};
  ASSERT_TRUE(chat.ok()) << chat.error();
  const std::string_view base64 = chat->messages[0].parts[0].base64;
  EXPECT_EQ(base64.size(), data.size());
  EXPECT_GE(base64.data(), chat->source.data());
  EXPECT_LT(base64.data(), chat->source.data() + chat->source.size());
}

TEST(ChatRequestReader, IsUsedAgainAfterAnError) {
  ChatRequestReader reader;
  const std::string padding(kBodyPadding, '\0');
  for (int i = 0; i < 3; ++i) {
    const std::string bad = R"({"messages":[{"role":5}]})" + padding;
    EXPECT_FALSE(reader.Read(std::string_view(bad).substr(0, bad.size() - kBodyPadding)).ok());
    const std::string good = R"({"messages":[{"role":"user","content":"a\n"}]})" + padding;
    const auto chat = reader.Read(std::string_view(good).substr(0, good.size() - kBodyPadding));
    ASSERT_TRUE(chat.ok());
    EXPECT_EQ(chat->messages[0].parts[0].text, "a\n");
  }
}

TEST(ChatRequestReader, HasABoundOnItems) {
  std::string body = R"({"messages":[)";
  for (size_t i = 0; i <= kMaxChatItems; ++i) body += R"({"role":"user"},)";
  body.back() = ']';
  const Reading chat{body + "}"};
  ASSERT_FALSE(chat.ok());
  EXPECT_THAT(chat.error(), HasSubstr("`messages` has more than 100000 items"));
}

}  // namespace
}  // namespace junctor::engine
