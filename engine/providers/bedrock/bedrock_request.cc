#include "engine/providers/bedrock/bedrock_request.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "engine/providers/anthropic/anthropic_content.h"
#include "engine/providers/anthropic/claude_models.h"
#include "engine/providers/anthropic/json_tool.h"
#include "engine/providers/anthropic/strict_schema.h"
#include "engine/providers/bedrock/bedrock_messages.h"
#include "engine/providers/bedrock/bedrock_models.h"
#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

// Room for all that is no text of the caller's.
constexpr size_t kFrameBytes = 2048;
constexpr std::string_view kNoParameters = R"({"type":"object","properties":{}})";
constexpr std::string_view kAskForJson =
    "Answer with one JSON object and nothing else: no text around it, no code fence.";

// Converse's bounds of `requestMetadata`.
constexpr size_t kMaxMetadataEntries = 16;
constexpr size_t kMaxMetadataBytes = 256;

// Members of Converse's own that callers may send along.
constexpr std::array<std::string_view, 3> kExtensions = {"guardrailConfig", "performanceConfig",
                                                         "additionalModelResponseFieldPaths"};
constexpr std::string_view kVendorFields = "additionalModelRequestFields";

absl::Status CheckAsked(const ChatRequest& chat) {
  if (chat.n.value_or(1) > 1) {
    return absl::InvalidArgumentError("`n` is " + std::to_string(*chat.n) +
                                      ": Bedrock gives one choice a request; ask for 1");
  }
  if (chat.logprobs) {
    return absl::InvalidArgumentError(
        "`logprobs` is true: Bedrock's Converse tells no log probabilities; leave it out");
  }
  if (chat.wants_audio) {
    return absl::InvalidArgumentError(
        "`modalities` asks for audio: Bedrock's Converse answers with text only");
  }
  return absl::OkStatus();
}

size_t BodyEstimate(const ChatRequest& chat) {
  size_t size = kFrameBytes;
  for (const ChatMessage& message : chat.messages) {
    size += 128;
    for (const ContentPart& part : message.parts) {
      size += part.text.size() + part.base64.size() + 128;
    }
    for (const ChatToolCall& call : message.tool_calls) size += call.arguments.size() + 128;
  }
  for (const ChatTool& tool : chat.tools) {
    size += tool.parameters.size() + tool.description.size() + 128;
  }
  return size + 2 * chat.response_format.schema.size();
}

// How a Claude model is asked to think.
struct ClaudeThinking {
  bool on = false;
  bool adaptive = false;
  bool off = false;  // told to be off
  uint64_t budget = 0;
  std::string_view effort;  // outputConfig.effort; empty: not told
};

std::string_view EffortName(ReasoningEffort effort) {
  switch (effort) {
    case ReasoningEffort::kNone:
    case ReasoningEffort::kMinimal:
    case ReasoningEffort::kLow:
      return "low";
    case ReasoningEffort::kMedium:
      return "medium";
    case ReasoningEffort::kHigh:
      return "high";
    case ReasoningEffort::kXhigh:
      return "xhigh";
    case ReasoningEffort::kMax:
      return "max";
  }
  return "medium";
}

uint64_t ThinkingBudget(ReasoningEffort effort) {
  if (effort <= ReasoningEffort::kLow) return 1024;
  return effort == ReasoningEffort::kMedium ? 8192 : 24576;
}

// `forced`: a tool must be called, which Claude does not do while it thinks.
ClaudeThinking ThinkingOf(const ChatRequest& chat, const ClaudeModel& claude, bool forced) {
  ClaudeThinking thinking;
  if (!chat.reasoning_effort.has_value()) return thinking;
  const ReasoningEffort effort = *chat.reasoning_effort;
  if (claude.thinking == ClaudeModel::Thinking::kAdaptive) {
    if (effort == ReasoningEffort::kNone && claude.takes_thinking_disabled) {
      thinking.off = true;
      return thinking;
    }
    thinking.on = thinking.adaptive = !forced && effort != ReasoningEffort::kNone;
    thinking.effort = EffortName(effort);
  } else if (claude.thinking == ClaudeModel::Thinking::kBudget && !forced &&
             effort != ReasoningEffort::kNone && !EndsWithToolResults(chat)) {
    // Within a turn these models want their own earlier thoughts back, which callers don't keep.
    thinking.on = true;
    thinking.budget = ThinkingBudget(effort);
  }
  return thinking;
}

// One request on its way to Converse's form.
class BodyMaker {
 public:
  BodyMaker(const ChatRequest& chat, std::string_view model_id, uint64_t default_max_tokens)
      : chat_(chat),
        model_(BedrockModelOf(model_id)),
        claude_(model_.is_claude ? ClaudeModelOf(model_id) : ClaudeModel{}),
        is_nova_(model_id.find("amazon.nova") != std::string_view::npos),
        default_max_tokens_(default_max_tokens),
        choice_(chat.tool_choice.value_or(ChatToolChoice{})),
        has_history_(UsesTools(chat)) {
    const bool schema = chat.response_format.kind == ChatResponseFormat::Kind::kJsonSchema;
    uses_output_format_ = schema && model_.takes_output_format;
    uses_json_tool_ = schema && !model_.takes_output_format;
    sends_tools_ =
        has_history_ || (!chat.tools.empty() && choice_.kind != ChatToolChoice::Kind::kNone);
    const bool forced = uses_json_tool_ ||
                        (!chat.tools.empty() && (choice_.kind == ChatToolChoice::Kind::kRequired ||
                                                 choice_.kind == ChatToolChoice::Kind::kNamed));
    if (model_.is_claude) thinking_ = ThinkingOf(chat, claude_, forced);
    own_thinking_ = chat.Extension("thinking");
    thinks_ = thinking_.on ||
              (!own_thinking_.empty() && own_thinking_.find("disabled") == std::string_view::npos);
  }

  absl::StatusOr<BedrockBody> Make() {
    BedrockBody body;
    body.json.reserve(BodyEstimate(chat_));
    body.json_tool_as_content = uses_json_tool_;
    JsonWriter writer(&body.json);
    writer_ = &writer;
    writer.BeginObject();
    BedrockMessageOptions options;
    options.model = model_;
    if (chat_.response_format.kind == ChatResponseFormat::Kind::kJsonObject) {
      options.system_addition = kAskForJson;
    }
    if (absl::Status status = WriteBedrockMessages(chat_, options, &writer); !status.ok()) {
      return status;
    }
    WriteInference();
    if (sends_tools_ || uses_json_tool_) WriteToolConfig();
    if (absl::Status status = WriteOutputConfig(); !status.ok()) return status;
    WriteVendorFields();
    WriteMetadata();
    WriteServiceTier();
    for (const std::string_view name : kExtensions) {
      if (const JsonText value = chat_.Extension(name); !value.empty()) writer.Key(name).Raw(value);
    }
    writer.EndObject();
    return body;
  }

 private:
  bool takes_sampling() const { return !model_.is_claude || (claude_.takes_sampling && !thinks_); }

  void WriteInference() {
    std::optional<uint64_t> max_tokens = chat_.max_tokens;
    if (thinking_.budget > 0 && max_tokens.value_or(0) <= thinking_.budget) {
      // The budget is part of the tokens: the answer keeps its own.
      max_tokens = thinking_.budget + max_tokens.value_or(default_max_tokens_);
    }
    std::optional<double> temperature = chat_.temperature;
    std::optional<double> top_p = chat_.top_p;
    if (!takes_sampling()) {
      temperature.reset();
      top_p.reset();
    } else if (model_.is_claude) {
      if (temperature.has_value()) temperature = std::min(*temperature, 1.0);
      if (temperature.has_value() && !claude_.takes_temperature_with_top_p) top_p.reset();
    }
    std::vector<std::string_view> stop;
    for (const std::string_view sequence : chat_.stop) {
      // Claude refuses sequences of white space alone.
      if (!model_.is_claude || sequence.find_first_not_of(" \t\r\n") != std::string_view::npos) {
        stop.push_back(sequence);
      }
    }
    if (!max_tokens.has_value() && !temperature.has_value() && !top_p.has_value() && stop.empty()) {
      return;
    }
    writer_->Key("inferenceConfig").BeginObject();
    if (max_tokens.has_value()) writer_->Key("maxTokens").Unsigned(*max_tokens);
    if (temperature.has_value()) writer_->Key("temperature").Number(*temperature);
    if (top_p.has_value()) writer_->Key("topP").Number(*top_p);
    if (!stop.empty()) {
      writer_->Key("stopSequences").BeginArray();
      for (const std::string_view sequence : stop) writer_->String(sequence);
      writer_->EndArray();
    }
    writer_->EndObject();
  }

  void WriteTool(std::string_view name, std::string_view description, JsonText parameters,
                 std::optional<bool> strict) {
    writer_->BeginObject().Key("toolSpec").BeginObject().Key("name").String(name);
    // An empty description is refused.
    if (!description.empty()) writer_->Key("description").String(description);
    writer_->Key("inputSchema").BeginObject().Key("json");
    writer_->Raw(parameters.empty() ? kNoParameters : parameters).EndObject();
    if (strict.has_value()) writer_->Key("strict").Bool(*strict);
    writer_->EndObject().EndObject();
  }

  // Tools that the messages speak of and the request does not declare.
  void WriteToolsOfHistory() {
    std::vector<std::string_view> names;
    const auto add = [&](std::string_view name) {
      if (std::find(names.begin(), names.end(), name) != names.end()) return;
      names.push_back(name);
      WriteTool(name, {}, {}, std::nullopt);
    };
    for (const ChatMessage& message : chat_.messages) {
      for (const ChatToolCall& call : message.tool_calls) add(call.name);
    }
    if (names.empty()) add("tool");
  }

  void WriteToolConfig() {
    writer_->Key("toolConfig").BeginObject().Key("tools").BeginArray();
    if (sends_tools_) {
      for (const ChatTool& tool : chat_.tools) {
        WriteTool(tool.name, tool.description, tool.parameters, tool.strict);
        if (tool.cache_control.empty() || !model_.is_claude) continue;
        writer_->BeginObject().Key("cachePoint").BeginObject().Key("type").String("default");
        writer_->EndObject().EndObject();
      }
      if (chat_.tools.empty()) WriteToolsOfHistory();
    }
    if (uses_json_tool_) {
      WriteTool(kJsonToolName, "Gives the answer. Call it once, with the whole answer.",
                chat_.response_format.schema, std::nullopt);
    }
    writer_->EndArray();
    WriteToolChoice();
    writer_->EndObject();
  }

  void WriteToolChoice() {
    const bool own_tools = !chat_.tools.empty() && choice_.kind != ChatToolChoice::Kind::kNone;
    if (uses_json_tool_ && !own_tools) {
      WriteNamedChoice(kJsonToolName);
    } else if (uses_json_tool_ && choice_.kind != ChatToolChoice::Kind::kNamed) {
      // One of the caller's tools, or the answer.
      writer_->Key("toolChoice").BeginObject().Key("any").BeginObject().EndObject().EndObject();
    } else if (!own_tools || !chat_.tool_choice.has_value()) {
      return;
    } else if (choice_.kind == ChatToolChoice::Kind::kNamed) {
      WriteNamedChoice(choice_.name);
    } else {
      const bool required = choice_.kind == ChatToolChoice::Kind::kRequired;
      writer_->Key("toolChoice").BeginObject().Key(required ? "any" : "auto");
      writer_->BeginObject().EndObject().EndObject();
    }
  }

  void WriteNamedChoice(std::string_view name) {
    writer_->Key("toolChoice").BeginObject().Key("tool").BeginObject();
    writer_->Key("name").String(name).EndObject().EndObject();
  }

  absl::Status WriteOutputConfig() {
    if (!uses_output_format_ && thinking_.effort.empty()) return absl::OkStatus();
    writer_->Key("outputConfig").BeginObject();
    if (uses_output_format_) {
      const ChatResponseFormat& format = chat_.response_format;
      writer_->Key("textFormat").BeginObject().Key("type").String("json_schema");
      writer_->Key("structure").BeginObject().Key("jsonSchema").BeginObject();
      std::string schema(format.schema.empty() ? "{}" : format.schema);
      if (model_.is_claude) {
        absl::StatusOr<std::string> closed = CloseSchemaObjects(schema);
        if (!closed.ok()) return closed.status();
        schema = *std::move(closed);
      }
      writer_->Key("schema").String(schema);
      if (!format.name.empty()) writer_->Key("name").String(format.name);
      writer_->EndObject().EndObject().EndObject();
    }
    if (!thinking_.effort.empty()) writer_->Key("effort").String(thinking_.effort);
    writer_->EndObject();
    return absl::OkStatus();
  }

  void WriteVendorFields() {
    if (const JsonText own = chat_.Extension(kVendorFields); !own.empty()) {
      // Who writes them knows the model: nothing is added.
      writer_->Key(kVendorFields).Raw(own);
      return;
    }
    bool open = false;
    const auto key = [&](std::string_view name) -> JsonWriter& {
      if (!std::exchange(open, true)) writer_->Key(kVendorFields).BeginObject();
      return writer_->Key(name);
    };
    if (chat_.top_k.has_value() && takes_sampling()) {
      if (is_nova_) {
        key("inferenceConfig").BeginObject().Key("topK").Unsigned(*chat_.top_k).EndObject();
      } else {
        key("top_k").Unsigned(*chat_.top_k);
      }
    }
    if (model_.is_claude && !own_thinking_.empty()) {
      key("thinking").Raw(own_thinking_);
    } else if (thinking_.on || thinking_.off) {
      key("thinking").BeginObject().Key("type");
      if (thinking_.off) {
        writer_->String("disabled");
      } else if (thinking_.adaptive) {
        writer_->String("adaptive");
      } else {
        writer_->String("enabled").Key("budget_tokens").Unsigned(thinking_.budget);
      }
      writer_->EndObject();
    }
    if (chat_.reasoning_effort.has_value() && model_.takes_reasoning_effort &&
        *chat_.reasoning_effort != ReasoningEffort::kNone) {
      const ReasoningEffort most = ReasoningEffort::kHigh;  // open models know no more
      key("reasoning_effort").String(EffortName(std::min(*chat_.reasoning_effort, most)));
    }
    if (open) writer_->EndObject();
  }

  // Strings only, of the characters that Converse takes; metadata tunes nothing, so what does not
  // fit is left out.
  void WriteMetadata() {
    if (chat_.metadata.empty()) return;
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(chat_.metadata.data(), chat_.metadata.size()).get_object().get(object) !=
        simdjson::SUCCESS) {
      return;
    }
    static constexpr std::string_view kAllowed = " :_@$#=/+,-.";
    const auto fits = [](std::string_view text) {
      return text.size() <= kMaxMetadataBytes && std::all_of(text.begin(), text.end(), [](char c) {
               return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                      kAllowed.find(c) != std::string_view::npos;
             });
    };
    size_t written = 0;
    for (auto [name, value] : object) {
      std::string_view text;
      if (written == kMaxMetadataEntries) break;
      if (name.empty() || !fits(name) || value.get_string().get(text) != simdjson::SUCCESS ||
          !fits(text)) {
        continue;
      }
      if (written++ == 0) writer_->Key("requestMetadata").BeginObject();
      writer_->Key(name).String(text);
    }
    if (written > 0) writer_->EndObject();
  }

  void WriteServiceTier() {
    const std::string_view tier = chat_.service_tier;
    if (tier != "default" && tier != "flex" && tier != "priority") return;
    writer_->Key("serviceTier").BeginObject().Key("type").String(tier).EndObject();
  }

  const ChatRequest& chat_;
  const BedrockModel model_;
  const ClaudeModel claude_;
  const bool is_nova_;
  const uint64_t default_max_tokens_;
  const ChatToolChoice choice_;
  const bool has_history_;  // messages that call or answer tools
  bool uses_output_format_ = false;
  bool uses_json_tool_ = false;
  bool sends_tools_ = false;
  bool thinks_ = false;
  ClaudeThinking thinking_;
  JsonText own_thinking_;  // the caller's `thinking`
  JsonWriter* writer_ = nullptr;
};

}  // namespace

absl::StatusOr<BedrockBody> MakeBedrockBody(const ChatRequest& chat, std::string_view model,
                                            uint64_t default_max_tokens) {
  if (absl::Status status = CheckAsked(chat); !status.ok()) return status;
  return BodyMaker(chat, model, default_max_tokens).Make();
}

}  // namespace junctor::engine
