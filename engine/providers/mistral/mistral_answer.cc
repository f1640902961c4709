#include "engine/providers/mistral/mistral_answer.h"

#include <simdjson.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "engine/providers/chat/chunk_writer.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/event_stream_translator.h"
#include "engine/providers/chat/json_members.h"
#include "engine/providers/chat/openai_usage.h"
#include "engine/providers/mistral/mistral_message.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

CompletionChoice ReadChoice(dom::object from) {
  CompletionChoice choice;
  const uint64_t index = CountMember(from, "index").value_or(0);
  if (index < kMaxChoices) choice.index = static_cast<uint32_t>(index);
  choice.finish_reason = ReadMistralFinish(TextMember(from, "finish_reason"));
  dom::object message;
  if (!ObjectMember(from, "message", &message)) return choice;
  MistralContent content = ReadMistralContent(message);
  choice.reasoning = std::move(content.thinking);
  dom::array calls;
  if (ArrayMember(message, "tool_calls", &calls)) {
    for (dom::element element : calls) {
      dom::object call;
      dom::object function;
      if (element.get_object().get(call) != simdjson::SUCCESS ||
          !ObjectMember(call, "function", &function)) {
        continue;
      }
      CompletionToolCall made;
      made.id = TextMember(call, "id");
      made.name = TextMember(function, "name");
      made.arguments = ReadMistralArguments(function);
      if (made.arguments.empty()) made.arguments = "{}";
      choice.tool_calls.push_back(std::move(made));
    }
  }
  // Beside calls an empty content is none.
  if (content.told && (!content.text.empty() || choice.tool_calls.empty())) {
    choice.content = std::move(content.text);
  }
  return choice;
}

class MistralAnswer final : public WholeBodyTranslator {
 public:
  explicit MistralAnswer(const AnswerContext& context)
      : made_id_(MadeCompletionId(context.random)),
        model_(context.model),
        created_(context.created),
        uses_functions_(context.uses_functions) {}

 protected:
  absl::Status OnBody(std::string_view body, std::string* out) override {
    dom::parser parser;
    dom::object root;
    if (parser.parse(body.data(), body.size(), false).get_object().get(root) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError("Mistral's answer is no JSON object");
    }
    dom::array choices;
    if (!ArrayMember(root, "choices", &choices)) {
      if (TextMember(root, "object") == "error") {
        WriteErrorBody(TextMember(root, "message"), TextMember(root, "type"),
                       TextMember(root, "code"), out);
        return absl::OkStatus();
      }
      return absl::InvalidArgumentError("Mistral's answer has no list `choices`");
    }
    Completion completion;
    completion.id = TextMember(root, "id");
    if (completion.id.empty()) completion.id = made_id_;
    completion.created = created_;
    completion.model = TextMember(root, "model");
    if (completion.model.empty()) completion.model = model_;
    for (dom::element element : choices) {
      dom::object choice;
      if (completion.choices.size() == kMaxChoices) break;
      if (element.get_object().get(choice) != simdjson::SUCCESS) continue;
      if (TextMember(choice, "finish_reason") == kMistralGaveUp) {
        WriteErrorBody("Mistral gave up before its answer was complete", "server_error", "", out);
        return absl::OkStatus();
      }
      completion.choices.push_back(ReadChoice(choice));
    }
    if (completion.choices.empty()) {
      return absl::InvalidArgumentError("Mistral's answer has no choice in `choices`");
    }
    usage_ = FindOpenAiUsage(root, "mistral");
    completion.usage = usage_;
    completion.uses_functions = uses_functions_;
    out->append(WriteCompletion(completion));
    return absl::OkStatus();
  }

 private:
  std::string made_id_;
  std::string model_;
  int64_t created_;
  bool uses_functions_;
};

}  // namespace

std::unique_ptr<AnswerTranslator> MakeMistralAnswer(const AnswerContext& context) {
  return std::make_unique<MistralAnswer>(context);
}

}  // namespace junctor::engine
