#include "engine/providers/chat/completion.h"

#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

// What a completion has around its texts, and what escapes cost as a rule.
constexpr size_t kFrameBytes = 512;

void WriteFunction(const CompletionToolCall& call, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("name").String(call.name);
  writer->Key("arguments").String(call.arguments);
  writer->EndObject();
}

void WriteToolCall(const CompletionToolCall& call, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("id").String(call.id);
  writer->Key("type").String("function");
  writer->Key("function");
  WriteFunction(call, writer);
  if (!call.thought_signature.empty()) {
    writer->Key("extra_content").BeginObject().Key("google").BeginObject();
    writer->Key("thought_signature").String(call.thought_signature).EndObject().EndObject();
  }
  writer->EndObject();
}

void WriteOptional(const std::optional<std::string>& text, JsonWriter* writer) {
  if (text.has_value()) {
    writer->String(*text);
  } else {
    writer->Null();
  }
}

void WriteMessage(const CompletionChoice& choice, bool uses_functions, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("role").String("assistant");
  writer->Key("content");
  WriteOptional(choice.content, writer);
  writer->Key("refusal");
  WriteOptional(choice.refusal, writer);
  if (!choice.reasoning.empty()) writer->Key("reasoning_content").String(choice.reasoning);
  if (!choice.images.empty()) {
    writer->Key("images").BeginArray();
    for (const std::string& image : choice.images) {
      writer->BeginObject().Key("type").String("image_url");
      writer->Key("image_url").BeginObject().Key("url").String(image).EndObject().EndObject();
    }
    writer->EndArray();
  }
  if (!choice.tool_calls.empty()) {
    if (uses_functions) {
      writer->Key("function_call");
      WriteFunction(choice.tool_calls.front(), writer);
    } else {
      writer->Key("tool_calls").BeginArray();
      for (const CompletionToolCall& call : choice.tool_calls) WriteToolCall(call, writer);
      writer->EndArray();
    }
  }
  writer->EndObject();
}

void WriteChoice(const CompletionChoice& choice, bool uses_functions, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("index").Unsigned(choice.index);
  writer->Key("message");
  WriteMessage(choice, uses_functions, writer);
  writer->Key("logprobs").Raw(choice.logprobs.empty() ? "null" : choice.logprobs);
  writer->Key("finish_reason").String(FinishReasonName(choice.finish_reason, uses_functions));
  writer->EndObject();
}

void WriteCount(std::string_view key, const std::optional<uint64_t>& count, JsonWriter* writer) {
  if (count.has_value()) writer->Key(key).Unsigned(*count);
}

size_t EstimatedSize(const Completion& completion) {
  size_t size = kFrameBytes;
  for (const CompletionChoice& choice : completion.choices) {
    size += kFrameBytes + choice.reasoning.size() + choice.logprobs.size();
    if (choice.content.has_value()) size += choice.content->size() + choice.content->size() / 8;
    for (const std::string& image : choice.images) size += image.size();
    for (const CompletionToolCall& call : choice.tool_calls) {
      size += kFrameBytes + call.arguments.size() + call.arguments.size() / 4;
    }
  }
  return size;
}

}  // namespace

std::string_view FinishReasonName(FinishReason reason, bool uses_functions) {
  switch (reason) {
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kToolCalls:
      return uses_functions ? "function_call" : "tool_calls";
    case FinishReason::kContentFilter:
      return "content_filter";
  }
  return "stop";
}

std::string WriteCompletion(const Completion& completion) {
  std::string out;
  out.reserve(EstimatedSize(completion));
  JsonWriter writer(&out);
  writer.BeginObject();
  writer.Key("id").String(completion.id);
  writer.Key("object").String("chat.completion");
  writer.Key("created").Integer(completion.created);
  writer.Key("model").String(completion.model);
  writer.Key("choices").BeginArray();
  for (const CompletionChoice& choice : completion.choices) {
    WriteChoice(choice, completion.uses_functions, &writer);
  }
  writer.EndArray();
  if (completion.usage.has_value()) {
    writer.Key("usage");
    WriteUsage(*completion.usage, &writer);
  }
  if (!completion.service_tier.empty()) writer.Key("service_tier").String(completion.service_tier);
  writer.EndObject();
  return out;
}

void WriteUsage(const Usage& usage, JsonWriter* writer) {
  std::optional<uint64_t> total = usage.total;
  if (!total.has_value() && usage.input.has_value() && usage.output.has_value()) {
    total = *usage.input + *usage.output;
  }
  writer->BeginObject();
  WriteCount("prompt_tokens", usage.input, writer);
  WriteCount("completion_tokens", usage.output, writer);
  WriteCount("total_tokens", total, writer);
  if (usage.cached_read.has_value() || usage.cache_write.has_value() ||
      usage.audio_input.has_value()) {
    writer->Key("prompt_tokens_details").BeginObject();
    WriteCount("cached_tokens", usage.cached_read, writer);
    WriteCount("cache_write_tokens", usage.cache_write, writer);
    WriteCount("audio_tokens", usage.audio_input, writer);
    writer->EndObject();
  }
  if (usage.reasoning.has_value() || usage.audio_output.has_value()) {
    writer->Key("completion_tokens_details").BeginObject();
    WriteCount("reasoning_tokens", usage.reasoning, writer);
    WriteCount("audio_tokens", usage.audio_output, writer);
    writer->EndObject();
  }
  writer->EndObject();
}

}  // namespace junctor::engine
