#include "engine/providers/anthropic/anthropic_answer.h"

#include <simdjson.h>

#include <string>

#include "engine/providers/anthropic/anthropic_errors.h"
#include "engine/providers/anthropic/anthropic_stop.h"
#include "engine/providers/anthropic/anthropic_usage.h"
#include "engine/providers/anthropic/json_tool.h"
#include "engine/providers/chat/chunk_writer.h"
#include "engine/providers/chat/completion.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/event_stream_translator.h"
#include "engine/providers/chat/json_members.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

class MessageAnswer final : public WholeBodyTranslator {
 public:
  explicit MessageAnswer(const AnswerContext& context)
      : json_tool_as_content_(context.json_tool_as_content) {
    completion_.id = MadeCompletionId(context.random);
    completion_.model = context.model;
    completion_.created = context.created;
    completion_.uses_functions = context.uses_functions;
  }

 protected:
  absl::Status OnBody(std::string_view body, std::string* out) override {
    dom::parser parser;
    dom::element root;
    if (parser.parse(body.data(), body.size(), /*realloc_if_needed=*/false).get(root) !=
            simdjson::SUCCESS ||
        !root.is_object()) {
      return absl::DataLossError("Anthropic's answer is not a JSON object");
    }
    if (const auto error = ObjectMember(root, "error")) {
      const ErrorKind kind = AnthropicErrorKind(TextMember(*error, "type"));
      WriteErrorBody(TextMember(*error, "message"), kind.type.empty() ? "server_error" : kind.type,
                     kind.code, out);
      return absl::OkStatus();
    }
    dom::array content;
    if (root["content"].get_array().get(content) != simdjson::SUCCESS) {
      return absl::DataLossError("Anthropic's answer has no `content`");
    }
    if (const std::string_view id = TextMember(root, "id"); !id.empty()) completion_.id = id;
    if (const std::string_view model = TextMember(root, "model"); !model.empty()) {
      completion_.model = model;
    }
    CompletionChoice& choice = completion_.choices.emplace_back();
    bool json_answer = false;
    for (dom::element block : content) {
      if (block.is_object()) TakeBlock(block, &choice, &json_answer);
    }
    if (!choice.content.has_value() && choice.tool_calls.empty()) choice.content.emplace();
    choice.finish_reason = AnthropicFinishReason(TextMember(root, "stop_reason"));
    if (json_answer && choice.tool_calls.empty() &&
        choice.finish_reason == FinishReason::kToolCalls) {
      choice.finish_reason = FinishReason::kStop;
    }
    if (const auto usage = ObjectMember(root, "usage")) {
      AnthropicUsage counts;
      counts.Take(*usage);
      completion_.usage = usage_ = counts.Normal();
    }
    out->append(WriteCompletion(completion_));
    return absl::OkStatus();
  }

 private:
  void TakeBlock(dom::element block, CompletionChoice* choice, bool* json_answer) {
    const std::string_view type = TextMember(block, "type");
    if (type == "text") {
      if (!choice->content.has_value()) choice->content.emplace();
      // Where a tool stands for the response format, its input alone is the content.
      if (!*json_answer) choice->content->append(TextMember(block, "text"));
    } else if (type == "thinking") {
      choice->reasoning.append(TextMember(block, "thinking"));
    } else if (type == "tool_use" && !TextMember(block, "name").empty()) {
      const auto input = ObjectMember(block, "input");
      std::string arguments = input ? simdjson::minify(*input) : "{}";
      if (json_tool_as_content_ && TextMember(block, "name") == kJsonToolName) {
        choice->content = std::move(arguments);
        *json_answer = true;
        return;
      }
      CompletionToolCall& call = choice->tool_calls.emplace_back();
      call.id = TextMember(block, "id");
      call.name = TextMember(block, "name");
      call.arguments = std::move(arguments);
    }
  }

  bool json_tool_as_content_;
  Completion completion_;
};

}  // namespace

std::unique_ptr<AnswerTranslator> MakeAnthropicAnswerTranslator(const AnswerContext& context) {
  return std::make_unique<MessageAnswer>(context);
}

}  // namespace junctor::engine
