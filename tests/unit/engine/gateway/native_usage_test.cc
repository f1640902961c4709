// Usage in the bytes of answers in the providers' own forms.
#include "engine/gateway/native_usage.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/str_replace.h"
#include "engine/gateway/native_spending.h"

namespace junctor::engine {
namespace {

std::string Text(const std::optional<Usage>& usage) {
  if (!usage.has_value()) return "none";
  const auto count = [](const std::optional<uint64_t>& value) {
    return value.has_value() ? std::to_string(*value) : std::string("-");
  };
  return count(usage->input) + " in, " + count(usage->output) + " out, " +
         count(usage->cached_read) + " cached, " + count(usage->cache_write) + " written, " +
         count(usage->reasoning) + " reasoned";
}

NativeUsage Of(std::string_view answer, ChatFormat format, std::string_view slug,
               size_t piece = SIZE_MAX, bool swallows = false, std::string* passed = nullptr) {
  NativeUsage usage(format, slug, swallows);
  net::HeaderList headers;
  if (answer.starts_with("data:") || answer.starts_with("event:")) {
    headers.push_back({"content-type", "text/event-stream; charset=utf-8"});
  }
  EXPECT_EQ(usage.Begin(headers), swallows);
  std::string all;
  size_t at = 0;
  do {
    const std::string_view part = answer.substr(at, piece);
    at += part.size();
    all += usage.Take(part, at == answer.size());
  } while (at < answer.size());
  if (passed != nullptr) *passed = all;
  if (!swallows) {
    EXPECT_EQ(all, answer);
  }
  return usage;
}

std::string UsageIn(std::string_view answer, ChatFormat format, std::string_view slug,
                    size_t piece = SIZE_MAX) {
  return Text(Of(answer, format, slug, piece).Find());
}

TEST(NativeUsage, IsFoundInTheFormOfEachProvider) {
  const std::string long_text(40'000, 'x');
  const struct {
    const char* name;
    ChatFormat format;
    const char* slug;
    std::string answer;
    const char* usage;
  } cases[] = {
      {"OpenAI", ChatFormat::kOpenAi, "openai",
       R"({"choices":[{"message":{"content":"say \"usage\":{\"prompt_tokens\":9}"}}],"usage":{)"
       R"("prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{)"
       R"("cached_tokens":60},"completion_tokens_details":{"reasoning_tokens":5}}})",
       "100 in, 20 out, 60 cached, - written, 5 reasoned"},
      {"OpenAI's responses", ChatFormat::kOpenAi, "openai",
       R"({"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":60},)"
       R"("output_tokens":20,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":120}})",
       "100 in, 20 out, 60 cached, - written, 5 reasoned"},
      {"OpenAI's stream, whose events have null before", ChatFormat::kOpenAi, "openai",
       "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n"
       "data: {\"choices\":[],\"usage\":null}\n\ndata: [DONE]\n\n",
       "7 in, 3 out, - cached, - written, - reasoned"},
      {"Anthropic", ChatFormat::kAnthropic, "anthropic",
       R"({"content":[],"usage":{"input_tokens":10,"cache_creation_input_tokens":200,)"
       R"("cache_read_input_tokens":3000,"output_tokens":40,)"
       R"("server_tool_use":{"web_search_requests":0}}})",
       "3210 in, 40 out, 3000 cached, 200 written, - reasoned"},
      {"Anthropic's stream, which tells its input first", ChatFormat::kAnthropic, "anthropic",
       "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"
       "{\"input_tokens\":10,\"cache_creation_input_tokens\":200,\"cache_read_input_tokens\":3000,"
       "\"output_tokens\":1}}}\n\nevent: content_block_delta\ndata: {\"delta\":{\"text\":\"" +
           long_text +
           "\"}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":"
           "{\"output_tokens\":40}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
       "3210 in, 40 out, 3000 cached, 200 written, - reasoned"},
      {"Claude at another provider", ChatFormat::kVertex, "google-vertex-ai",
       R"({"usage":{"input_tokens":10,"cache_creation_input_tokens":0,)"
       R"("cache_read_input_tokens":30,"output_tokens":4}})",
       "40 in, 4 out, 30 cached, 0 written, - reasoned"},
      {"Gemini, with thoughts", ChatFormat::kGoogle, "google-ai-studio",
       R"({"candidates":[],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":60,)"
       R"("candidatesTokenCount":20,"thoughtsTokenCount":30,"totalTokenCount":150,)"
       R"("promptTokensDetails":[{"modality":"TEXT","tokenCount":100}]}})",
       "100 in, 50 out, 60 cached, - written, 30 reasoned"},
      {"Gemini's stream: the last event counts", ChatFormat::kGoogle, "google-ai-studio",
       "data: {\"usageMetadata\":{\"promptTokenCount\":100,\"candidatesTokenCount\":1}}\n\n"
       "data: {\"usageMetadata\":{\"promptTokenCount\":100,\"candidatesTokenCount\":9}}\n\n",
       "100 in, 9 out, - cached, - written, - reasoned"},
      {"Bedrock", ChatFormat::kBedrock, "aws-bedrock",
       R"({"output":{},"usage":{"inputTokens":10,"outputTokens":5,"totalTokens":75,)"
       R"("cacheReadInputTokens":40,"cacheWriteInputTokens":20}})",
       "70 in, 5 out, 40 cached, 20 written, - reasoned"},
      {"Bedrock's stream, in binary frames", ChatFormat::kBedrock, "aws-bedrock",
       std::string("\x00\x00\x01\x02:event-type\x07\x00\x08metadata", 26) +
           R"({"metrics":{"latencyMs":9},"usage":{"inputTokens":10,"outputTokens":5}})" +
           "\x01\x02",
       "10 in, 5 out, - cached, - written, - reasoned"},
      {"Cohere", ChatFormat::kCohere, "cohere",
       R"({"message":{},"usage":{"billed_units":{"input_tokens":5,"output_tokens":6},)"
       R"("tokens":{"input_tokens":70,"output_tokens":8}}})",
       "70 in, 8 out, - cached, - written, - reasoned"},
      {"Mistral", ChatFormat::kMistral, "mistral",
       R"({"usage":{"prompt_tokens":10,"total_tokens":15,"completion_tokens":5}})",
       "10 in, 5 out, - cached, - written, - reasoned"},
      {"xAI counts reasoning beside the output", ChatFormat::kOpenAi, "grok",
       R"({"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":45,)"
       R"("completion_tokens_details":{"reasoning_tokens":30}}})",
       "10 in, 35 out, - cached, - written, 30 reasoned"},
      {"none is told", ChatFormat::kOpenAi, "openai", R"({"choices":[],"usage":null})", "none"},
      {"an object that does not end", ChatFormat::kOpenAi, "openai", R"({"usage":{"prompt)",
       "none"},
      {"counts that are none", ChatFormat::kOpenAi, "openai",
       R"({"usage":{"prompt_tokens":-1,"completion_tokens":"many"}})", "none"},
      {"OpenAI's responses, in a stream that tells it all again", ChatFormat::kOpenAi, "openai",
       "event: response.created\ndata: "
       "{\"type\":\"response.created\",\"response\":{\"usage\":null}}"
       "\n\nevent: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
       "\"delta\":\"hello\"}\n\nevent: response.completed\ndata: {\"type\":\"response.completed\","
       "\"response\":{\"output\":[{\"content\":[{\"text\":\"hello\"}]}],\"usage\":{"
       "\"input_tokens\":9,\"output_tokens\":2,\"total_tokens\":11}}}\n\n",
       "9 in, 2 out, - cached, - written, - reasoned"},
      {"Groq tells it beside", ChatFormat::kOpenAi, "groq",
       "data: {\"choices\":[{\"delta\":{}}],\"x_groq\":{\"usage\":{\"prompt_tokens\":4,"
       "\"completion_tokens\":2}}}\n\ndata: [DONE]\n\n",
       "4 in, 2 out, - cached, - written, - reasoned"},
      {"Cohere's stream", ChatFormat::kCohere, "cohere",
       "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"usage\":{\"billed_units\":"
       "{\"input_tokens\":5,\"output_tokens\":6},\"tokens\":{\"input_tokens\":70,"
       "\"output_tokens\":8}}}}\n\n",
       "70 in, 8 out, - cached, - written, - reasoned"},
      {"Anthropic's stream that broke off: what came stands against a count from before it",
       ChatFormat::kAnthropic, "anthropic",
       "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,"
       "\"output_tokens\":1}}}\n\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":"
       "\"hello world\"}}\n\n",
       "10 in, - out, - cached, - written, - reasoned"},
      {"embeddings, which have no output", ChatFormat::kOpenAi, "openai",
       R"({"data":[{"embedding":[0.1,0.2]}],"usage":{"prompt_tokens":5,"total_tokens":5}})",
       "5 in, 0 out, - cached, - written, - reasoned"},
      {"nothing", ChatFormat::kOpenAi, "openai", "", "none"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(UsageIn(one.answer, one.format, one.slug), one.usage) << one.name;
    EXPECT_EQ(UsageIn(one.answer, one.format, one.slug, 7), one.usage) << one.name << ", in pieces";
  }
}

TEST(NativeUsage, TellsCacheWritesThatAreKeptForAnHour) {
  const std::optional<Usage> found =
      Of(R"({"usage":{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":0,)"
         R"("cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,)"
         R"("ephemeral_1h_input_tokens":20}}})",
         ChatFormat::kAnthropic, "anthropic")
          .Find();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->input, 31u);
  EXPECT_EQ(found->cache_write, 30u);
  EXPECT_EQ(found->cache_write_hour, 20u);
}

constexpr std::string_view kHello =
    "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":"
    "\"hello\"}}],\"usage\":null}\n\n";
constexpr std::string_view kTool =
    ": a comment\n\ndata: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":"
    "{\"arguments\":\"{}\"}}]}}]}\n\n";

TEST(NativeUsage, CountsTheTextOfAStreamAndNotWhatItIsWrappedIn) {
  const NativeUsage usage =
      Of(std::string(kHello) + std::string(kTool), ChatFormat::kOpenAi, "openai");
  EXPECT_EQ(usage.answer_bytes(), 7u);
  EXPECT_EQ(Text(usage.Find()), "none");
}

TEST(NativeUsage, KeepsWhatTheCallerDidNotAskForFromIt) {
  const std::string before = std::string(kHello) + std::string(kTool);
  const std::string without_null = absl::StrReplaceAll(before, {{",\"usage\":null", ""}});
  const std::string usage_event =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n";
  // The last event has no empty line behind it.
  const std::string after = "data: [DONE]\n";
  for (const size_t piece : {size_t{1}, size_t{7}, SIZE_MAX}) {
    std::string passed;
    const NativeUsage usage = Of(before + usage_event + after, ChatFormat::kOpenAi, "openai", piece,
                                 /*swallows=*/true, &passed);
    EXPECT_EQ(passed, without_null + after) << "in pieces of " << piece;
    EXPECT_EQ(Text(usage.Find()), "7 in, 3 out, - cached, - written, - reasoned");
  }
}

TEST(NativeUsage, PassesOnAnEventThatIsTooLargeToBeRead) {
  const std::string answer =
      "data: first\n\ndata: " + std::string(kMaxEventBytes + 1, 'x') + "\n\ndata: last\n\n";
  std::string passed;
  Of(answer, ChatFormat::kOpenAi, "openai", size_t{1} << 20, /*swallows=*/true, &passed);
  EXPECT_EQ(passed, answer);
}

TEST(NativeUsage, LeavesACompressedStreamAlone) {
  NativeUsage usage(ChatFormat::kOpenAi, "openai", /*swallows=*/true);
  net::HeaderList headers;
  headers.push_back({"content-type", "text/event-stream"});
  headers.push_back({"content-encoding", "gzip"});
  EXPECT_FALSE(usage.Begin(headers));
  EXPECT_EQ(usage.Take("\x1f\x8b", true), "\x1f\x8b");
  EXPECT_EQ(usage.answer_bytes(), 2u);
}

TEST(NativeUsage, NamesTheModelOfAPathOrABody) {
  const struct {
    const char* path;
    const char* body;
    const char* model;
  } cases[] = {
      {"v1/chat/completions", R"({"model":"gpt-4o","messages":[]})", "gpt-4o"},
      {"v1/chat/completions", R"({"model":"a\u002db"})", "a-b"},
      {"v1/chat/completions", R"({"model":7})", ""},
      {"v1/chat/completions", "no json", ""},
      {"v1/models", "", ""},
      {"/v1beta/models/gemini-2.5-flash:streamGenerateContent", R"({"contents":[]})",
       "gemini-2.5-flash"},
      {"/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:generateContent", "",
       "gemini-2.5-pro"},
      {"/bedrock-runtime/us-east-1/model/amazon.nova-pro/converse", "{}", "amazon.nova-pro"},
      {"/model/amazon.nova-pro-v1%3A0/converse", "{}", "amazon.nova-pro-v1:0"},
      {"/model/amazon.nova-pro-v1:0/converse", "{}", "amazon.nova-pro-v1:0"},
      {"/openai/deployments/mine/chat/completions", R"({"model":"ignored"})", "mine"},
      // Spellings that providers take for the same.
      {"/v1beta/models/gemini%2D2.5-pro%3agenerateContent", "{}", "gemini-2.5-pro"},
      {"/v1beta/%6dodels//gemini-2.5-pro:generateContent", "{}", "gemini-2.5-pro"},
      {"/v1beta/models/a%2/x", "{}", "a%2"},
      {"v1/chat/completions?x=/models/cheap", R"({"model":"gpt-4o"})", "gpt-4o"},
      {"v1/chat/completions", "\xEF\xBB\xBF{\"model\":\"gpt-4o\"}", "gpt-4o"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(ModelOfNativeRequest(one.path, one.body), one.model) << one.path << " " << one.body;
  }
}

}  // namespace
}  // namespace junctor::engine
