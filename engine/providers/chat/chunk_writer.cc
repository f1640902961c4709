#include "engine/providers/chat/chunk_writer.h"

#include <charconv>
#include <utility>

#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

void AppendUnsigned(uint32_t value, std::string* out) {
  char text[10];
  const auto result = std::to_chars(text, text + sizeof(text), value);
  out->append(text, static_cast<size_t>(result.ptr - text));
}

void WriteNamedFunction(std::string_view name, JsonWriter* writer) {
  writer->BeginObject().Key("name").String(name).Key("arguments").String("").EndObject();
}

}  // namespace

ChunkWriter::ChunkWriter(std::string id, std::string model, int64_t created, bool include_usage,
                         bool uses_functions)
    : id_(std::move(id)),
      model_(std::move(model)),
      created_(created),
      include_usage_(include_usage),
      uses_functions_(uses_functions) {
  MakeHead();
}

void ChunkWriter::SetId(std::string_view id) {
  id_ = id;
  MakeHead();
}

void ChunkWriter::SetModel(std::string_view model) {
  model_ = model;
  MakeHead();
}

void ChunkWriter::MakeHead() {
  head_ = "data: ";
  JsonWriter writer(&head_);
  writer.BeginObject();
  writer.Key("id").String(id_);
  writer.Key("object").String("chat.completion.chunk");
  writer.Key("created").Integer(created_);
  writer.Key("model").String(model_);
  writer.Key("choices");
}

ChunkWriter::Choice* ChunkWriter::Begun(uint32_t choice, std::string* out) {
  if (choice >= kMaxChoices) return nullptr;
  if (choice >= choices_.size()) choices_.resize(choice + 1);
  Choice& state = choices_[choice];
  if (!state.begun) {
    state.begun = true;
    BeginDelta(choice, out);
    out->append(R"({"role":"assistant","content":""})");
    EndDelta({}, out);
  }
  return &state;
}

void ChunkWriter::BeginDelta(uint32_t choice, std::string* out) const {
  out->append(head_);
  out->append(R"([{"index":)");
  AppendUnsigned(choice, out);
  out->append(R"(,"delta":)");
}

void ChunkWriter::EndDelta(std::string_view finish_reason, std::string* out) const {
  out->append(R"(,"finish_reason":)");
  if (finish_reason.empty()) {
    out->append("null");
  } else {
    out->append("\"").append(finish_reason).append("\"");
  }
  out->append(include_usage_ ? "}],\"usage\":null}\n\n" : "}]}\n\n");
}

void ChunkWriter::TextChunk(uint32_t choice, std::string_view key, std::string_view text,
                            std::string* out) const {
  BeginDelta(choice, out);
  JsonWriter(out).BeginObject().Key(key).String(text).EndObject();
  EndDelta({}, out);
}

void ChunkWriter::Role(uint32_t choice, std::string* out) { Begun(choice, out); }

void ChunkWriter::Content(uint32_t choice, std::string_view text, std::string* out) {
  if (text.empty() || Begun(choice, out) == nullptr) return;
  TextChunk(choice, "content", text, out);
}

void ChunkWriter::ContentWithLogprobs(uint32_t choice, std::string_view text,
                                      std::string_view logprobs, std::string* out) {
  if (Begun(choice, out) == nullptr) return;
  BeginDelta(choice, out);
  JsonWriter(out).BeginObject().Key("content").String(text).EndObject();
  out->append(",\"logprobs\":").append(logprobs);
  EndDelta({}, out);
}

void ChunkWriter::Reasoning(uint32_t choice, std::string_view text, std::string* out) {
  if (text.empty() || Begun(choice, out) == nullptr) return;
  TextChunk(choice, "reasoning_content", text, out);
}

void ChunkWriter::Refusal(uint32_t choice, std::string_view text, std::string* out) {
  if (text.empty() || Begun(choice, out) == nullptr) return;
  TextChunk(choice, "refusal", text, out);
}

void ChunkWriter::Image(uint32_t choice, std::string_view data_url, std::string* out) {
  if (data_url.empty() || Begun(choice, out) == nullptr) return;
  BeginDelta(choice, out);
  JsonWriter writer(out);
  writer.BeginObject().Key("images").BeginArray().BeginObject();
  writer.Key("type").String("image_url");
  writer.Key("image_url").BeginObject().Key("url").String(data_url).EndObject();
  writer.EndObject().EndArray().EndObject();
  EndDelta({}, out);
}

uint32_t ChunkWriter::ToolCall(uint32_t choice, std::string_view id, std::string_view name,
                               std::string_view arguments, std::string_view thought_signature,
                               std::string* out) {
  Choice* const state = Begun(choice, out);
  if (state == nullptr) return 0;
  const uint32_t index = state->tool_calls++;
  if (uses_functions_ && index > 0) return index;
  BeginDelta(choice, out);
  JsonWriter writer(out);
  writer.BeginObject();
  if (uses_functions_) {
    writer.Key("function_call");
    WriteNamedFunction(name, &writer);
  } else {
    writer.Key("tool_calls").BeginArray().BeginObject();
    writer.Key("index").Unsigned(index);
    writer.Key("id").String(id);
    writer.Key("type").String("function");
    writer.Key("function");
    WriteNamedFunction(name, &writer);
    if (!thought_signature.empty()) {
      writer.Key("extra_content").BeginObject().Key("google").BeginObject();
      writer.Key("thought_signature").String(thought_signature).EndObject().EndObject();
    }
    writer.EndObject().EndArray();
  }
  writer.EndObject();
  EndDelta({}, out);
  ToolArguments(choice, index, arguments, out);
  return index;
}

void ChunkWriter::ToolArguments(uint32_t choice, uint32_t tool_index, std::string_view piece,
                                std::string* out) {
  if (piece.empty() || (uses_functions_ && tool_index > 0)) return;
  if (Begun(choice, out) == nullptr) return;
  BeginDelta(choice, out);
  JsonWriter writer(out);
  writer.BeginObject();
  if (uses_functions_) {
    writer.Key("function_call").BeginObject().Key("arguments").String(piece).EndObject();
  } else {
    writer.Key("tool_calls").BeginArray().BeginObject();
    writer.Key("index").Unsigned(tool_index);
    writer.Key("function").BeginObject().Key("arguments").String(piece).EndObject();
    writer.EndObject().EndArray();
  }
  writer.EndObject();
  EndDelta({}, out);
}

void ChunkWriter::Finish(uint32_t choice, FinishReason reason, std::string* out) {
  if (Begun(choice, out) == nullptr) return;
  BeginDelta(choice, out);
  out->append("{}");
  EndDelta(FinishReasonName(reason, uses_functions_), out);
}

uint32_t ChunkWriter::tool_calls(uint32_t choice) const {
  return choice < choices_.size() ? choices_[choice].tool_calls : 0;
}

void ChunkWriter::UsageChunk(const Usage& usage, std::string* out) {
  if (!include_usage_) return;
  out->append(head_);
  out->append("[],\"usage\":");
  JsonWriter writer(out);
  WriteUsage(usage, &writer);
  out->append("}\n\n");
}

void ChunkWriter::Done(std::string* out) { out->append("data: [DONE]\n\n"); }

void WriteErrorEvent(std::string_view message, std::string_view type, std::string_view code,
                     std::string* out) {
  out->append("data: ");
  WriteErrorBody(message, type, code, out);
  out->append("\n\n");
}

void WriteErrorBody(std::string_view message, std::string_view type, std::string_view code,
                    std::string* out) {
  JsonWriter writer(out);
  const auto string_or_null = [&writer](std::string_view text) {
    if (text.empty()) {
      writer.Null();
    } else {
      writer.String(text);
    }
  };
  writer.BeginObject().Key("error").BeginObject();
  writer.Key("message").String(message);
  writer.Key("type");
  string_or_null(type);
  writer.Key("param").Null();
  writer.Key("code");
  string_or_null(code);
  writer.EndObject().EndObject();
}

}  // namespace junctor::engine
