#include "engine/providers/cohere/cohere_stream.h"

#include <simdjson.h>

#include <string>

#include "absl/status/status.h"
#include "engine/providers/chat/chunk_writer.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/event_stream_translator.h"
#include "engine/providers/chat/json_members.h"
#include "engine/providers/chat/open_tool_calls.h"
#include "engine/providers/cohere/cohere_answer.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

// What the events call `index`: of a block of content or of a tool call, never of a choice.
uint64_t BlockOf(dom::object event) { return CountMember(event, "index").value_or(0); }

class CohereStream final : public EventStreamTranslator {
 public:
  explicit CohereStream(const AnswerContext& context)
      : chunks_(MadeCompletionId(context.random), std::string(context.model), context.created,
                context.include_usage, context.uses_functions) {}

 protected:
  EventResult OnEvent(std::string_view name, std::string_view data, std::string* out) override {
    // Some deployments end as OpenAI's do; message-end has said it all then.
    if (data == "[DONE]") return EventResult::kGoOn;
    dom::object event;
    if (parser_.parse(data.data(), data.size()).get_object().get(event) != simdjson::SUCCESS) {
      return EventResult::kInvalid;
    }
    std::string_view type = TextMember(event, "type");
    if (type.empty()) type = name;
    dom::object delta;
    const bool has_delta = ObjectMember(event, "delta", &delta);
    dom::object message;
    const bool has_message = has_delta && ObjectMember(delta, "message", &message);
    if (type == "message-start") {
      if (const std::string_view id = TextMember(event, "id"); !id.empty()) chunks_.SetId(id);
      chunks_.Role(0, out);
    } else if (type == "message-end") {
      return End(has_delta ? &delta : nullptr, out);
    } else if (type == "tool-call-end") {
      EndToolCall(BlockOf(event), out);
    } else if (has_message) {
      if (type == "content-start" || type == "content-delta") {
        Content(message, out);
      } else if (type == "tool-plan-delta") {
        chunks_.Reasoning(0, TextMember(message, "tool_plan"), out);
      } else if (type == "tool-call-start" || type == "tool-call-delta") {
        ToolCall(BlockOf(event), type == "tool-call-start", message, out);
      }
    }
    return EventResult::kGoOn;
  }

  absl::Status OnEnd(std::string* out) override {
    static_cast<void>(out);
    return absl::DataLossError("Cohere's stream ended without its message-end event");
  }

 private:
  void Content(dom::object message, std::string* out) {
    dom::object content;
    if (!ObjectMember(message, "content", &content)) return;
    const std::string_view text = TextMember(content, "text");
    chunks_.Reasoning(0, TextMember(content, "thinking"), out);
    chunks_.Content(0, text, out);
  }

  void ToolCall(uint64_t block, bool starts, dom::object message, std::string* out) {
    dom::object call;
    dom::object function;
    if (!ObjectMember(message, "tool_calls", &call) || !ObjectMember(call, "function", &function)) {
      return;
    }
    const std::string_view arguments = TextMember(function, "arguments");
    if (starts) {
      const uint32_t tool = chunks_.ToolCall(0, TextMember(call, "id"),
                                             TextMember(function, "name"), arguments, {}, out);
      calls_.Open({block, 0, tool, false, !arguments.empty()});
    } else if (OpenToolCalls::Call* open = calls_.Find(block)) {
      if (arguments.empty()) return;
      open->has_arguments = true;
      chunks_.ToolArguments(0, open->tool, arguments, out);
    }
  }

  void EndToolCall(uint64_t block, std::string* out) {
    const OpenToolCalls::Call* open = calls_.Find(block);
    if (open != nullptr && !open->has_arguments) chunks_.ToolArguments(0, open->tool, "{}", out);
    calls_.Close(block);
  }

  EventResult End(dom::object* delta, std::string* out) {
    CohereFinish finish;
    std::string_view error;
    if (delta != nullptr) {
      finish = ReadCohereFinish(TextMember(*delta, "finish_reason"));
      error = TextMember(*delta, "error");
      dom::object usage;
      if (ObjectMember(*delta, "usage", &usage)) {
        usage_ = ReadCohereUsage(usage);
      }
    }
    if (!error.empty() || finish.failed) {
      if (error.empty()) {
        error = finish.timed_out ? "Cohere ran out of time before its answer was complete"
                                 : "Cohere failed before its answer was complete";
      }
      WriteErrorEvent(error, finish.timed_out ? "timeout_error" : "server_error",
                      finish.timed_out ? "timeout" : "", out);
      return EventResult::kComplete;
    }
    chunks_.Finish(0, finish.reason, out);
    if (usage_.has_value()) chunks_.UsageChunk(*usage_, out);
    chunks_.Done(out);
    return EventResult::kComplete;
  }

  dom::parser parser_;
  ChunkWriter chunks_;
  OpenToolCalls calls_;
};

}  // namespace

std::unique_ptr<AnswerTranslator> MakeCohereStream(const AnswerContext& context) {
  return std::make_unique<CohereStream>(context);
}

}  // namespace junctor::engine
