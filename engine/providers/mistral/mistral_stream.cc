#include "engine/providers/mistral/mistral_stream.h"

#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/providers/chat/chunk_writer.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/event_stream_translator.h"
#include "engine/providers/chat/json_members.h"
#include "engine/providers/chat/open_tool_calls.h"
#include "engine/providers/chat/openai_usage.h"
#include "engine/providers/mistral/mistral_message.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

// What Mistral's deltas say where a call has no id of its own.
constexpr std::string_view kNoId = "null";

class MistralStream final : public EventStreamTranslator {
 public:
  explicit MistralStream(const AnswerContext& context)
      : chunks_(MadeCompletionId(context.random), std::string(context.model), context.created,
                context.include_usage, context.uses_functions) {}

 protected:
  EventResult OnEvent(std::string_view name, std::string_view data, std::string* out) override {
    static_cast<void>(name);
    // Without a finish before it, it is the end of a broken answer: OnEnd says so.
    if (data == "[DONE]") return all_finished() ? End(out) : EventResult::kGoOn;
    dom::object chunk;
    if (parser_.parse(data.data(), data.size()).get_object().get(chunk) != simdjson::SUCCESS) {
      return EventResult::kInvalid;
    }
    if (IsError(chunk)) return Error(chunk, out);
    if (!named_) Name(chunk);
    if (const std::optional<Usage> usage = FindOpenAiUsage(chunk, "mistral")) usage_ = usage;
    dom::array choices;
    if (!ArrayMember(chunk, "choices", &choices)) {
      return EventResult::kGoOn;
    }
    for (dom::element element : choices) {
      dom::object choice;
      if (element.get_object().get(choice) != simdjson::SUCCESS) continue;
      if (!Choice(choice, out)) return EventResult::kComplete;
    }
    return EventResult::kGoOn;
  }

  absl::Status OnEnd(std::string* out) override {
    if (!all_finished()) {
      return absl::DataLossError("Mistral's stream ended before a finish reason came");
    }
    End(out);
    return absl::OkStatus();
  }

 private:
  enum class ChoiceState : uint8_t { kNotBegun, kOpen, kFinished };

  bool all_finished() const {
    return !choices_.empty() &&
           std::none_of(choices_.begin(), choices_.end(),
                        [](ChoiceState state) { return state == ChoiceState::kOpen; });
  }

  static bool IsError(dom::object chunk) {
    dom::element error;
    return TextMember(chunk, "object") == "error" ||
           (chunk.at_key("error").get(error) == simdjson::SUCCESS && !error.is_null());
  }

  static EventResult Error(dom::object chunk, std::string* out) {
    dom::object inner;
    if (ObjectMember(chunk, "error", &inner)) chunk = inner;
    std::string_view message = TextMember(chunk, "message");
    if (message.empty()) message = TextMember(chunk, "error");
    if (message.empty()) message = "Mistral sent an error without a message";
    std::string_view type = TextMember(chunk, "type");
    if (type.empty()) type = "server_error";
    // In OpenAI's words, from which the failure's class is read.
    if (type == "rate_limited" || type == "service_tier_capacity_exceeded") {
      type = "rate_limit_error";
    }
    WriteErrorEvent(message, type, TextMember(chunk, "code"), out);
    return EventResult::kComplete;
  }

  // The answer's id and model, which the first chunk tells.
  void Name(dom::object chunk) {
    named_ = true;
    if (const std::string_view id = TextMember(chunk, "id"); !id.empty()) chunks_.SetId(id);
    if (const std::string_view model = TextMember(chunk, "model"); !model.empty()) {
      chunks_.SetModel(model);
    }
  }

  // False: the provider gave up on it, and has been told so.
  bool Choice(dom::object choice, std::string* out) {
    const uint64_t number = CountMember(choice, "index").value_or(0);
    if (number >= kMaxChoices) return true;
    const auto index = static_cast<uint32_t>(number);
    if (index >= choices_.size()) choices_.resize(index + 1, ChoiceState::kNotBegun);
    if (choices_[index] == ChoiceState::kNotBegun) choices_[index] = ChoiceState::kOpen;
    chunks_.Role(index, out);
    dom::object delta;
    if (ObjectMember(choice, "delta", &delta)) {
      const MistralContent content = ReadMistralContent(delta);
      chunks_.Reasoning(index, content.thinking, out);
      chunks_.Content(index, content.text, out);
      dom::array calls;
      if (ArrayMember(delta, "tool_calls", &calls)) {
        for (dom::element element : calls) {
          dom::object call;
          if (element.get_object().get(call) == simdjson::SUCCESS) ToolCall(index, call, out);
        }
      }
    }
    const std::string_view reason = TextMember(choice, "finish_reason");
    if (reason == kMistralGaveUp) {
      WriteErrorEvent("Mistral gave up before its answer was complete", "server_error", "", out);
      return false;
    }
    if (reason.empty() || choices_[index] == ChoiceState::kFinished) return true;
    choices_[index] = ChoiceState::kFinished;
    chunks_.Finish(index, ReadMistralFinish(reason), out);
    return true;
  }

  // A call comes whole as a rule, or in pieces under one index; an id that is new begins another.
  void ToolCall(uint32_t choice, dom::object call, std::string* out) {
    dom::object function;
    if (!ObjectMember(call, "function", &function)) return;
    const std::string arguments = ReadMistralArguments(function);
    const uint64_t index = CountMember(call, "index").value_or(0);
    // Calls of all choices are kept as one list.
    const uint64_t block = index * kMaxChoices + choice;
    std::string_view id = TextMember(call, "id");
    if (id == kNoId) id = {};
    OpenToolCalls::Call* open = calls_.Find(block);
    if (open != nullptr && (id.empty() || id == open->id)) {
      chunks_.ToolArguments(choice, open->tool, arguments, out);
      return;
    }
    const uint32_t tool =
        chunks_.ToolCall(choice, id, TextMember(function, "name"), arguments, {}, out);
    calls_.Open({block, choice, tool, false, true, std::string(id)});
  }

  EventResult End(std::string* out) {
    if (usage_.has_value()) chunks_.UsageChunk(*usage_, out);
    chunks_.Done(out);
    return EventResult::kComplete;
  }

  dom::parser parser_;
  ChunkWriter chunks_;
  OpenToolCalls calls_;
  bool named_ = false;  // the first chunk has come
  std::vector<ChoiceState> choices_;
};

}  // namespace

std::unique_ptr<AnswerTranslator> MakeMistralStream(const AnswerContext& context) {
  return std::make_unique<MistralStream>(context);
}

}  // namespace junctor::engine
