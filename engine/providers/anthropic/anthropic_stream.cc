#include "engine/providers/anthropic/anthropic_stream.h"

#include <simdjson.h>

#include <cstdint>
#include <string>

#include "engine/providers/anthropic/anthropic_errors.h"
#include "engine/providers/anthropic/anthropic_stop.h"
#include "engine/providers/anthropic/anthropic_usage.h"
#include "engine/providers/anthropic/json_tool.h"
#include "engine/providers/chat/chunk_writer.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/event_stream_translator.h"
#include "engine/providers/chat/json_members.h"
#include "engine/providers/chat/open_tool_calls.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

constexpr uint32_t kChoice = 0;  // Anthropic gives one

class MessageStream final : public EventStreamTranslator {
 public:
  explicit MessageStream(const AnswerContext& context)
      : json_tool_as_content_(context.json_tool_as_content),
        writer_(MadeCompletionId(context.random), std::string(context.model), context.created,
                context.include_usage, context.uses_functions) {}

 protected:
  EventResult OnEvent(std::string_view name, std::string_view data, std::string* out) override {
    dom::element event;
    if (parser_.parse(data.data(), data.size(), /*realloc_if_needed=*/true).get(event) !=
            simdjson::SUCCESS ||
        !event.is_object()) {
      return EventResult::kInvalid;
    }
    std::string_view type = TextMember(event, "type");
    if (type.empty()) type = name;
    if (type == "content_block_delta") {
      OnDelta(event, out);
    } else if (type == "content_block_start") {
      OnBlockStart(event, out);
    } else if (type == "content_block_stop") {
      OnBlockStop(event, out);
    } else if (type == "message_start") {
      OnMessageStart(event, out);
    } else if (type == "message_delta") {
      OnMessageDelta(event, out);
    } else if (type == "message_stop") {
      // Without a stop reason it is no end that means anything: OnEnd says so.
      if (finished_) return End(out);
    } else if (type == "error") {
      return OnError(event, out);
    }
    return EventResult::kGoOn;
  }

  absl::Status OnEnd(std::string* out) override {
    // The stop reason has come: only the mark after it is missing.
    if (finished_) {
      End(out);
      return absl::OkStatus();
    }
    return absl::DataLossError("Anthropic's stream ended without a stop_reason");
  }

 private:
  EventResult End(std::string* out) {
    if (usage_.has_value()) writer_.UsageChunk(*usage_, out);
    writer_.Done(out);
    return EventResult::kComplete;
  }

  void OnMessageStart(dom::element event, std::string* out) {
    const auto message = ObjectMember(event, "message");
    if (!message) return;
    if (const std::string_view id = TextMember(*message, "id"); !id.empty()) writer_.SetId(id);
    if (const std::string_view model = TextMember(*message, "model"); !model.empty()) {
      writer_.SetModel(model);
    }
    TakeUsage(*message);
    writer_.Role(kChoice, out);
  }

  void OnBlockStart(dom::element event, std::string* out) {
    const auto block = ObjectMember(event, "content_block");
    if (!block) return;
    const std::string_view type = TextMember(*block, "type");
    if (type == "text") {
      WriteContent(TextMember(*block, "text"), out);
    } else if (const std::string_view name = TextMember(*block, "name");
               type == "tool_use" && !name.empty()) {
      OpenToolCalls::Call call{};
      call.block = Index(event);
      if (json_tool_as_content_ && name == kJsonToolName) {
        call.is_content = true;
      } else {
        call.tool = writer_.ToolCall(kChoice, TextMember(*block, "id"), name, {}, {}, out);
      }
      calls_.Open(call);
    }
  }

  void OnDelta(dom::element event, std::string* out) {
    const auto delta = ObjectMember(event, "delta");
    if (!delta) return;
    const std::string_view type = TextMember(*delta, "type");
    if (type == "text_delta") {
      WriteContent(TextMember(*delta, "text"), out);
    } else if (type == "input_json_delta") {
      if (OpenToolCalls::Call* call = calls_.Find(Index(event))) {
        WriteArguments(call, TextMember(*delta, "partial_json"), out);
      }
    } else if (type == "thinking_delta") {
      writer_.Reasoning(kChoice, TextMember(*delta, "thinking"), out);
    }
  }

  void OnBlockStop(dom::element event, std::string* out) {
    const uint64_t index = Index(event);
    OpenToolCalls::Call* const call = calls_.Find(index);
    if (call == nullptr) return;
    if (!call->has_arguments) WriteArguments(call, "{}", out);
    calls_.Close(index);
  }

  void OnMessageDelta(dom::element event, std::string* out) {
    TakeUsage(event);
    const auto delta = ObjectMember(event, "delta");
    if (finished_ || !delta) return;
    const std::string_view reason = TextMember(*delta, "stop_reason");
    if (reason.empty()) return;
    finished_ = true;
    FinishReason finish = AnthropicFinishReason(reason);
    if (json_answer_ && finish == FinishReason::kToolCalls && writer_.tool_calls(kChoice) == 0) {
      finish = FinishReason::kStop;
    }
    writer_.Finish(kChoice, finish, out);
  }

  EventResult OnError(dom::element event, std::string* out) {
    const dom::element error = ObjectMember(event, "error").value_or(event);
    const ErrorKind kind = AnthropicErrorKind(TextMember(error, "type"));
    const std::string_view message = TextMember(error, "message");
    WriteErrorEvent(message.empty() ? "Anthropic ended the stream with an error" : message,
                    kind.type.empty() ? "server_error" : kind.type, kind.code, out);
    return EventResult::kComplete;
  }

  // After the call that stands for the response format no text is added to the content.
  void WriteContent(std::string_view text, std::string* out) {
    if (!json_answer_) writer_.Content(kChoice, text, out);
  }

  void WriteArguments(OpenToolCalls::Call* call, std::string_view piece, std::string* out) {
    if (piece.empty()) return;
    call->has_arguments = true;
    if (call->is_content) {
      json_answer_ = true;
      writer_.Content(kChoice, piece, out);
    } else {
      writer_.ToolArguments(kChoice, call->tool, piece, out);
    }
  }

  void TakeUsage(dom::element holder) {
    const auto usage = ObjectMember(holder, "usage");
    if (!usage) return;
    counts_.Take(*usage);
    usage_ = counts_.Normal();
  }

  static uint64_t Index(dom::element event) { return CountMember(event, "index").value_or(0); }

  const bool json_tool_as_content_;
  dom::parser parser_;
  ChunkWriter writer_;
  OpenToolCalls calls_;
  AnthropicUsage counts_;
  bool json_answer_ = false;  // the tool that stands for the response format was called
  bool finished_ = false;     // a stop reason has come
};

}  // namespace

std::unique_ptr<AnswerTranslator> MakeAnthropicStreamTranslator(const AnswerContext& context) {
  return std::make_unique<MessageStream>(context);
}

}  // namespace junctor::engine
