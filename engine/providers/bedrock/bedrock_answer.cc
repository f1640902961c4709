#include "engine/providers/bedrock/bedrock_answer.h"

#include <simdjson.h>

#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "engine/providers/anthropic/json_tool.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/event_stream_translator.h"
#include "engine/providers/chat/json_members.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

class BedrockAnswer final : public WholeBodyTranslator {
 public:
  explicit BedrockAnswer(const AnswerContext& context)
      : id_(context.request_id.empty() ? MadeCompletionId(context.random)
                                       : std::string(context.request_id)),
        model_(context.model),
        created_(context.created),
        uses_functions_(context.uses_functions),
        json_tool_as_content_(context.json_tool_as_content) {}

 protected:
  absl::Status OnBody(std::string_view body, std::string* out) override {
    dom::parser parser;
    dom::object root;
    if (parser.parse(body.data(), body.size(), false).get_object().get(root) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError("Bedrock's answer is no JSON object");
    }
    dom::object output;
    dom::object message;
    if (!ObjectMember(root, "output", &output) || !ObjectMember(output, "message", &message)) {
      return absl::InvalidArgumentError("Bedrock's answer has no object `output.message`");
    }
    CompletionChoice choice;
    dom::array blocks;
    if (ArrayMember(message, "content", &blocks)) {
      for (dom::element element : blocks) {
        dom::object block;
        if (element.get_object().get(block) == simdjson::SUCCESS) ReadBlock(block, &choice);
      }
    }
    choice.finish_reason = ReadBedrockStop(TextMember(root, "stopReason"));
    if (choice.tool_calls.empty()) {
      if (!choice.content.has_value()) choice.content.emplace();
      // The forced call was the answer.
      if (json_tool_as_content_ && choice.finish_reason == FinishReason::kToolCalls) {
        choice.finish_reason = FinishReason::kStop;
      }
    }
    dom::object usage;
    if (ObjectMember(root, "usage", &usage)) usage_ = ReadBedrockUsage(usage);
    Completion completion;
    completion.id = id_;
    completion.created = created_;
    completion.model = model_;
    completion.choices.push_back(std::move(choice));
    completion.usage = usage_;
    dom::object tier;
    if (ObjectMember(root, "serviceTier", &tier))
      completion.service_tier = TextMember(tier, "type");
    completion.uses_functions = uses_functions_;
    out->append(WriteCompletion(completion));
    return absl::OkStatus();
  }

 private:
  void ReadBlock(dom::object block, CompletionChoice* choice) const {
    std::string_view text;
    dom::object inner;
    if (block.at_key("text").get_string().get(text) == simdjson::SUCCESS) {
      Content(choice) += text;
    } else if (ObjectMember(block, "toolUse", &inner)) {
      dom::element input;
      std::string arguments = "{}";
      if (inner.at_key("input").get(input) == simdjson::SUCCESS && input.is_object()) {
        arguments = simdjson::minify(input);
      }
      const std::string_view name = TextMember(inner, "name");
      if (json_tool_as_content_ && name == kJsonToolName) {
        Content(choice) += arguments;
        return;
      }
      CompletionToolCall call;
      call.id = TextMember(inner, "toolUseId");
      call.name = name;
      call.arguments = std::move(arguments);
      choice->tool_calls.push_back(std::move(call));
    } else if (ObjectMember(block, "reasoningContent", &inner)) {
      dom::object reasoning;
      if (ObjectMember(inner, "reasoningText", &reasoning)) {
        choice->reasoning += TextMember(reasoning, "text");
      }
    }
  }

  static std::string& Content(CompletionChoice* choice) {
    if (!choice->content.has_value()) choice->content.emplace();
    return *choice->content;
  }

  std::string id_;
  std::string model_;
  int64_t created_;
  bool uses_functions_;
  bool json_tool_as_content_;
};

}  // namespace

FinishReason ReadBedrockStop(std::string_view stop_reason) {
  if (stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded") {
    return FinishReason::kLength;
  }
  if (stop_reason == "tool_use") return FinishReason::kToolCalls;
  if (stop_reason == "content_filtered" || stop_reason == "guardrail_intervened") {
    return FinishReason::kContentFilter;
  }
  return FinishReason::kStop;
}

std::optional<Usage> ReadBedrockUsage(dom::object usage) {
  // An overflow must not wrap to something small.
  const auto sum = [](uint64_t a, uint64_t b) {
    return a > std::numeric_limits<uint64_t>::max() - b ? std::numeric_limits<uint64_t>::max()
                                                        : a + b;
  };
  Usage counts;
  counts.input = CountMember(usage, "inputTokens");
  counts.output = CountMember(usage, "outputTokens");
  counts.total = CountMember(usage, "totalTokens");
  counts.cached_read = CountMember(usage, "cacheReadInputTokens");
  counts.cache_write = CountMember(usage, "cacheWriteInputTokens");
  if (!counts.input.has_value() && !counts.output.has_value()) return std::nullopt;
  if (counts.input.has_value()) {
    counts.input =
        sum(sum(*counts.input, counts.cached_read.value_or(0)), counts.cache_write.value_or(0));
  }
  return counts;
}

std::unique_ptr<AnswerTranslator> MakeBedrockAnswer(const AnswerContext& context) {
  return std::make_unique<BedrockAnswer>(context);
}

}  // namespace junctor::engine
