#include "engine/providers/anthropic/anthropic_request.h"

#include <algorithm>

#include "engine/providers/anthropic/anthropic_content.h"
#include "engine/providers/anthropic/claude_models.h"
#include "engine/providers/anthropic/json_tool.h"
#include "engine/providers/anthropic/strict_schema.h"
#include "engine/providers/chat/json_writer.h"
#include "runtime/request/json_cursor.h"

namespace junctor::engine {
namespace {

using Thinking = ClaudeModel::Thinking;

// Raised for a thinking budget, max_tokens goes no higher: the smallest limit of output among the
// models that take a budget.
constexpr uint64_t kHighestRaisedMaxTokens = 32'000;

// What JSON around the texts takes, for a message and for the rest.
constexpr size_t kFrameBytes = 256;

constexpr std::string_view kJsonObjectInstruction =
    "Answer with one JSON object and nothing else: no text around it, no code fence.";

// What is asked of the model beyond the conversation, settled.
struct Plan {
  ClaudeModel model;
  uint64_t max_tokens = 0;
  JsonText thinking;        // the caller's own
  uint64_t budget = 0;      // thinking with a budget; 0: none
  bool adaptive = false;    // thinking as the model sees fit
  bool disabled = false;    // thinking off
  std::string_view effort;  // output_config.effort; empty: none
  bool json_tool = false;   // a forced tool stands for the response format
  std::string schema;       // output_config.format; empty: none
  bool thinks() const { return budget != 0 || adaptive || (!thinking.empty() && !disabled); }
};

absl::Status CheckAskable(const ChatRequest& chat) {
  if (chat.n.value_or(1) > 1) {
    return absl::InvalidArgumentError("`n` is " + std::to_string(*chat.n) +
                                      ": Anthropic gives one choice a request; ask for 1");
  }
  if (chat.logprobs) {
    return absl::InvalidArgumentError(
        "`logprobs` is true: Anthropic gives no log probabilities; leave it out");
  }
  if (chat.wants_audio) {
    return absl::InvalidArgumentError(
        "`modalities` asks for audio: Anthropic gives only text; leave `audio` out");
  }
  return absl::OkStatus();
}

bool IsForced(const ChatRequest& chat) {
  return !chat.tools.empty() && chat.tool_choice.has_value() &&
         (chat.tool_choice->kind == ChatToolChoice::Kind::kRequired ||
          chat.tool_choice->kind == ChatToolChoice::Kind::kNamed);
}

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

uint64_t BudgetOf(ReasoningEffort effort) {
  if (effort <= ReasoningEffort::kLow) return 1024;
  return effort == ReasoningEffort::kMedium ? 8192 : 24'576;
}

// Whether the caller's own `thinking` says that there shall be none.
bool SaysDisabled(JsonText thinking) {
  bool disabled = false;
  ForEachMember(thinking, [&](std::string_view key, std::string_view value) {
    if (key == "type") disabled = value == "\"disabled\"";
  });
  return disabled;
}

void PlanThinking(const ChatRequest& chat, Plan* plan) {
  if (plan->thinking = chat.Extension("thinking"); !plan->thinking.empty()) {
    plan->disabled = SaysDisabled(plan->thinking);
  }
  if (!chat.reasoning_effort.has_value()) return;
  const ReasoningEffort effort = *chat.reasoning_effort;
  // A forced tool and thinking exclude each other, and the tool is what the caller meant.
  const bool forced = IsForced(chat) || plan->json_tool;
  if (plan->model.thinking == Thinking::kAdaptive) {
    const bool off = effort == ReasoningEffort::kNone && plan->model.takes_thinking_disabled;
    if (!off) plan->effort = EffortName(effort);
    if (!plan->thinking.empty()) return;
    plan->disabled = off;
    plan->adaptive = !off && !forced;
  } else if (plan->model.thinking == Thinking::kBudget && plan->thinking.empty()) {
    // Results of tools belong to a turn whose thinking, signed by the model, callers do not have.
    if (effort == ReasoningEffort::kNone || forced || EndsWithToolResults(chat)) return;
    plan->budget = BudgetOf(effort);
    if (plan->max_tokens <= plan->budget) {
      plan->max_tokens = std::min(plan->max_tokens + plan->budget, kHighestRaisedMaxTokens);
    }
  }
}

absl::StatusOr<Plan> MakePlan(const ChatRequest& chat, std::string_view model,
                              const AnthropicRequestOptions& options) {
  Plan plan;
  plan.model = ClaudeModelOf(model);
  plan.max_tokens = chat.max_tokens.value_or(options.default_max_tokens);
  if (chat.response_format.kind == ChatResponseFormat::Kind::kJsonSchema) {
    if (plan.model.takes_output_format) {
      auto schema = CloseSchemaObjects(chat.response_format.schema);
      if (!schema.ok()) return schema.status();
      plan.schema = *std::move(schema);
    } else {
      // Where the caller names the tool to call, that call is the answer.
      plan.json_tool = !(IsForced(chat) && chat.tool_choice->kind == ChatToolChoice::Kind::kNamed);
    }
  }
  PlanThinking(chat, &plan);
  return plan;
}

void WriteSampling(const ChatRequest& chat, const Plan& plan, JsonWriter* writer) {
  if (!plan.model.takes_sampling || plan.thinks()) return;
  if (chat.temperature.has_value()) {
    writer->Key("temperature").Number(std::clamp(*chat.temperature, 0.0, 1.0));
  }
  if (chat.top_p.has_value() &&
      (!chat.temperature.has_value() || plan.model.takes_temperature_with_top_p)) {
    writer->Key("top_p").Number(*chat.top_p);
  }
  if (chat.top_k.has_value()) writer->Key("top_k").Unsigned(*chat.top_k);
}

void WriteStop(const ChatRequest& chat, JsonWriter* writer) {
  bool begun = false;
  for (std::string_view stop : chat.stop) {
    if (stop.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
    if (!begun) writer->Key("stop_sequences").BeginArray();
    begun = true;
    writer->String(stop);
  }
  if (begun) writer->EndArray();
}

void WriteTools(const ChatRequest& chat, const Plan& plan, JsonWriter* writer) {
  if (chat.tools.empty() && !plan.json_tool) return;
  writer->Key("tools").BeginArray();
  for (const ChatTool& tool : chat.tools) {
    writer->BeginObject().Key("name").String(tool.name);
    if (!tool.description.empty()) writer->Key("description").String(tool.description);
    writer->Key("input_schema");
    writer->Raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters);
    if (tool.strict.has_value() && plan.model.takes_output_format) {
      writer->Key("strict").Bool(*tool.strict);
    }
    if (!tool.cache_control.empty()) writer->Key("cache_control").Raw(tool.cache_control);
    writer->EndObject();
  }
  if (plan.json_tool) {
    writer->BeginObject().Key("name").String(kJsonToolName);
    writer->Key("description").String("Gives the answer. Call this to answer.");
    writer->Key("input_schema").Raw(chat.response_format.schema).EndObject();
  }
  writer->EndArray();
}

void WriteToolChoice(const ChatRequest& chat, const Plan& plan, JsonWriter* writer) {
  if (plan.json_tool) {
    const bool alone =
        chat.tools.empty() ||
        (chat.tool_choice.has_value() && chat.tool_choice->kind == ChatToolChoice::Kind::kNone);
    writer->Key("tool_choice").BeginObject().Key("type").String(alone ? "tool" : "any");
    if (alone) writer->Key("name").String(kJsonToolName);
    writer->EndObject();
    return;
  }
  if (chat.tools.empty()) return;
  // An answer in the form of the old functions has room for one call.
  const bool one_at_a_time = chat.uses_functions || !chat.parallel_tool_calls.value_or(true);
  if (!chat.tool_choice.has_value() && !one_at_a_time) return;
  const ChatToolChoice choice = chat.tool_choice.value_or(ChatToolChoice());
  writer->Key("tool_choice").BeginObject().Key("type");
  switch (choice.kind) {
    case ChatToolChoice::Kind::kAuto:
      writer->String("auto");
      break;
    case ChatToolChoice::Kind::kNone:
      writer->String("none");
      break;
    case ChatToolChoice::Kind::kRequired:
      writer->String(plan.thinks() ? "auto" : "any");
      break;
    case ChatToolChoice::Kind::kNamed:
      writer->String(plan.thinks() ? "auto" : "tool");
      if (!plan.thinks()) writer->Key("name").String(choice.name);
      break;
  }
  if (one_at_a_time && choice.kind != ChatToolChoice::Kind::kNone) {
    writer->Key("disable_parallel_tool_use").Bool(true);
  }
  writer->EndObject();
}

void WriteThinking(const Plan& plan, JsonWriter* writer) {
  if (!plan.thinking.empty()) {
    writer->Key("thinking").Raw(plan.thinking);
  } else if (plan.budget != 0) {
    writer->Key("thinking").BeginObject().Key("type").String("enabled");
    writer->Key("budget_tokens").Unsigned(plan.budget).EndObject();
  } else if (plan.adaptive || plan.disabled) {
    writer->Key("thinking").BeginObject().Key("type");
    writer->String(plan.adaptive ? "adaptive" : "disabled").EndObject();
  }
  if (plan.effort.empty() && plan.schema.empty()) return;
  writer->Key("output_config").BeginObject();
  if (!plan.effort.empty()) writer->Key("effort").String(plan.effort);
  if (!plan.schema.empty()) {
    writer->Key("format").BeginObject().Key("type").String("json_schema");
    writer->Key("schema").Raw(plan.schema).EndObject();
  }
  writer->EndObject();
}

void WriteServiceTier(const ChatRequest& chat, JsonWriter* writer) {
  if (chat.service_tier == "auto") writer->Key("service_tier").String("auto");
  if (chat.service_tier == "default") writer->Key("service_tier").String("standard_only");
}

size_t EstimatedSize(const ChatRequest& chat) {
  size_t size = kFrameBytes;
  for (const ChatMessage& message : chat.messages) {
    size += kFrameBytes;
    for (const ContentPart& part : message.parts) {
      // A text with a line feed in each eighth byte still fits.
      size += part.text.size() + part.text.size() / 8 + part.base64.size() + kFrameBytes;
      if (part.base64.empty()) size += part.url.size();
    }
    for (const ChatToolCall& call : message.tool_calls) {
      size += call.arguments.size() + kFrameBytes;
    }
  }
  for (const ChatTool& tool : chat.tools) {
    size += tool.description.size() + tool.parameters.size() + kFrameBytes;
  }
  return size + chat.response_format.schema.size();
}

}  // namespace

absl::StatusOr<AnthropicBody> MakeAnthropicBody(const ChatRequest& chat, std::string_view model,
                                                const AnthropicRequestOptions& options) {
  if (absl::Status status = CheckAskable(chat); !status.ok()) return status;
  const auto plan = MakePlan(chat, model, options);
  if (!plan.ok()) return plan.status();
  AnthropicBody body;
  body.json_tool_as_content = plan->json_tool;
  body.json.reserve(EstimatedSize(chat));
  JsonWriter writer(&body.json);
  writer.BeginObject();
  if (options.model_in_body) writer.Key("model").String(NativeClaudeName(model));
  if (!options.version_in_body.empty()) {
    writer.Key("anthropic_version").String(options.version_in_body);
  }
  writer.Key("max_tokens").Unsigned(plan->max_tokens);
  const bool json_object = chat.response_format.kind == ChatResponseFormat::Kind::kJsonObject;
  absl::Status status = WriteAnthropicSystem(
      chat, json_object ? kJsonObjectInstruction : std::string_view(), &writer);
  if (status.ok()) status = WriteAnthropicMessages(chat, &writer);
  if (!status.ok()) return status;
  WriteTools(chat, *plan, &writer);
  WriteToolChoice(chat, *plan, &writer);
  WriteThinking(*plan, &writer);
  WriteSampling(chat, *plan, &writer);
  WriteStop(chat, &writer);
  if (!chat.user.empty()) {
    writer.Key("metadata").BeginObject().Key("user_id").String(chat.user).EndObject();
  }
  WriteServiceTier(chat, &writer);
  if (options.stream) writer.Key("stream").Bool(true);
  writer.EndObject();
  return body;
}

}  // namespace junctor::engine
