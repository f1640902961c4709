#include "engine/providers/bedrock/bedrock_stream.h"

#include <simdjson.h>

#include <string>

#include "absl/status/status.h"
#include "engine/providers/anthropic/json_tool.h"
#include "engine/providers/bedrock/aws_event_stream.h"
#include "engine/providers/bedrock/bedrock_answer.h"
#include "engine/providers/bedrock/bedrock_errors.h"
#include "engine/providers/chat/chunk_writer.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/json_members.h"
#include "engine/providers/chat/open_tool_calls.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

uint64_t BlockOf(dom::object event) { return CountMember(event, "contentBlockIndex").value_or(0); }

class BedrockStream final : public AnswerTranslator {
 public:
  explicit BedrockStream(const AnswerContext& context)
      : chunks_(context.request_id.empty() ? MadeCompletionId(context.random)
                                           : std::string(context.request_id),
                std::string(context.model), context.created, context.include_usage,
                context.uses_functions),
        json_tool_as_content_(context.json_tool_as_content) {}

  absl::Status Feed(std::string_view bytes, std::string* out) override {
    if (complete_) return absl::OkStatus();
    reader_.Feed(bytes);
    while (!complete_) {
      const absl::StatusOr<std::optional<AwsEvent>> event = reader_.Next();
      if (!event.ok()) return event.status();
      if (!event->has_value()) break;
      OnEvent(**event, out);
    }
    return absl::OkStatus();
  }

  absl::Status Finish(std::string* out) override {
    if (complete_) return absl::OkStatus();
    if (!finished_) {
      return absl::DataLossError("Bedrock's stream ended without its messageStop event");
    }
    // Only the usage is missing: the answer is whole.
    End(out);
    return absl::OkStatus();
  }

  bool complete() const override { return complete_; }

 private:
  void OnEvent(const AwsEvent& event, std::string* out) {
    if (event.message_type == "error") {
      Fail(event.error_code, event.error_message, out);
      return;
    }
    dom::object payload;
    const bool is_json =
        parser_.parse(event.payload.data(), event.payload.size()).get_object().get(payload) ==
        simdjson::SUCCESS;
    if (event.message_type == "exception") {
      Fail(event.exception_type, is_json ? TextMember(payload, "message") : event.payload, out);
    } else if (!is_json) {
      ++invalid_events_;
    } else if (event.event_type == "messageStart") {
      chunks_.Role(0, out);
    } else if (event.event_type == "contentBlockStart") {
      StartBlock(payload, out);
    } else if (event.event_type == "contentBlockDelta") {
      Delta(payload, out);
    } else if (event.event_type == "contentBlockStop") {
      StopBlock(BlockOf(payload), out);
    } else if (event.event_type == "messageStop") {
      Stop(TextMember(payload, "stopReason"), out);
    } else if (event.event_type == "metadata") {
      dom::object usage;
      if (ObjectMember(payload, "usage", &usage)) usage_ = ReadBedrockUsage(usage);
      if (finished_) End(out);
    }
  }

  void StartBlock(dom::object event, std::string* out) {
    dom::object start;
    dom::object use;
    if (!ObjectMember(event, "start", &start) || !ObjectMember(start, "toolUse", &use)) return;
    const uint64_t block = BlockOf(event);
    const std::string_view name = TextMember(use, "name");
    if (json_tool_as_content_ && name == kJsonToolName) {
      calls_.Open({block, 0, 0, /*is_content=*/true, false});
      return;
    }
    const uint32_t tool = chunks_.ToolCall(0, TextMember(use, "toolUseId"), name, {}, {}, out);
    calls_.Open({block, 0, tool, /*is_content=*/false, false});
  }

  void Delta(dom::object event, std::string* out) {
    dom::object delta;
    if (!ObjectMember(event, "delta", &delta)) return;
    dom::object inner;
    if (ObjectMember(delta, "toolUse", &inner)) {
      ToolInput(BlockOf(event), TextMember(inner, "input"), out);
    } else if (ObjectMember(delta, "reasoningContent", &inner)) {
      chunks_.Reasoning(0, TextMember(inner, "text"), out);
    } else {
      chunks_.Content(0, TextMember(delta, "text"), out);
    }
  }

  void ToolInput(uint64_t block, std::string_view piece, std::string* out) {
    OpenToolCalls::Call* call = calls_.Find(block);
    if (call == nullptr || piece.empty()) return;
    call->has_arguments = true;
    if (call->is_content) {
      chunks_.Content(0, piece, out);
    } else {
      chunks_.ToolArguments(0, call->tool, piece, out);
    }
  }

  void StopBlock(uint64_t block, std::string* out) {
    const OpenToolCalls::Call* call = calls_.Find(block);
    if (call == nullptr) return;
    if (!call->has_arguments) ToolInput(block, "{}", out);
    calls_.Close(block);
  }

  void Stop(std::string_view stop_reason, std::string* out) {
    if (finished_) return;
    finished_ = true;
    FinishReason reason = ReadBedrockStop(stop_reason);
    // The forced call was the answer.
    if (json_tool_as_content_ && reason == FinishReason::kToolCalls && chunks_.tool_calls(0) == 0) {
      reason = FinishReason::kStop;
    }
    chunks_.Finish(0, reason, out);
  }

  // An exception ends the stream; after messageStop it can only have cost the usage.
  void Fail(std::string_view name, std::string_view message, std::string* out) {
    if (finished_) {
      End(out);
      return;
    }
    const BedrockErrorKind kind = BedrockErrorKindOf(name, message);
    std::string text(message);
    if (text.empty()) text = "Bedrock broke the stream off with `" + std::string(name) + "`";
    WriteErrorEvent(text, kind.type, kind.code, out);
    complete_ = true;
  }

  void End(std::string* out) {
    if (usage_.has_value()) chunks_.UsageChunk(*usage_, out);
    chunks_.Done(out);
    complete_ = true;
  }

  AwsEventReader reader_;
  dom::parser parser_;
  ChunkWriter chunks_;
  OpenToolCalls calls_;
  bool json_tool_as_content_;
  bool finished_ = false;  // messageStop has come
  bool complete_ = false;
};

}  // namespace

std::unique_ptr<AnswerTranslator> MakeBedrockStream(const AnswerContext& context) {
  return std::make_unique<BedrockStream>(context);
}

}  // namespace junctor::engine
