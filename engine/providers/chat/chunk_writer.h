// The chunks of one chat completion stream in OpenAI's form: what streaming translations write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/providers/chat/completion.h"
#include "engine/providers/chat/usage.h"

namespace junctor::engine {

// Writes the events of one stream, in the order that OpenAI's own have: the role of each choice
// before its first delta, by itself; then deltas, the finish, the usage where it was asked for, and
// [DONE]. Not thread-safe.
class ChunkWriter {
 public:
  // `out` gets the events appended. `created` in Unix seconds.
  ChunkWriter(std::string id, std::string model, int64_t created, bool include_usage,
              bool uses_functions);

  // Take effect for the chunks after; for providers that tell them with their first event.
  void SetId(std::string_view id);
  void SetModel(std::string_view model);

  // Begins choice `choice` with its role chunk, if it has not begun. The others do it themselves.
  void Role(uint32_t choice, std::string* out);
  // Empty texts write nothing.
  void Content(uint32_t choice, std::string_view text, std::string* out);
  // The same with `logprobs`, JSON text, beside the delta; written for an empty text too.
  void ContentWithLogprobs(uint32_t choice, std::string_view text, std::string_view logprobs,
                           std::string* out);
  void Reasoning(uint32_t choice, std::string_view text, std::string* out);
  void Refusal(uint32_t choice, std::string_view text, std::string* out);
  void Image(uint32_t choice, std::string_view data_url, std::string* out);
  // Begins the choice's next tool call and returns its index, from 0. In the form of the old
  // functions only the first call is written.
  uint32_t ToolCall(uint32_t choice, std::string_view id, std::string_view name,
                    std::string_view arguments, std::string_view thought_signature,
                    std::string* out);
  void ToolArguments(uint32_t choice, uint32_t tool_index, std::string_view piece,
                     std::string* out);
  void Finish(uint32_t choice, FinishReason reason, std::string* out);
  // How many tool calls `choice` has had.
  uint32_t tool_calls(uint32_t choice) const;
  // Nothing where the caller did not ask for it.
  void UsageChunk(const Usage& usage, std::string* out);
  void Done(std::string* out);

 private:
  struct Choice {
    bool begun = false;
    uint32_t tool_calls = 0;
  };
  // The choice, begun; null beyond kMaxChoices.
  Choice* Begun(uint32_t choice, std::string* out);
  void MakeHead();
  // Everything before and after the value of `delta`.
  void BeginDelta(uint32_t choice, std::string* out) const;
  void EndDelta(std::string_view finish_reason, std::string* out) const;
  // A chunk whose delta is one member with a text.
  void TextChunk(uint32_t choice, std::string_view key, std::string_view text,
                 std::string* out) const;

  std::string id_;
  std::string model_;
  int64_t created_;
  std::string head_;  // of every chunk, up to the value of `choices`
  bool include_usage_;
  bool uses_functions_;
  std::vector<Choice> choices_;
};

// Most choices of one answer; a provider that numbers higher is cut short there.
inline constexpr uint32_t kMaxChoices = 128;

// An error event in OpenAI's form, one line of data: `data: {"error":{…}}`. Empty type and code are
// null.
void WriteErrorEvent(std::string_view message, std::string_view type, std::string_view code,
                     std::string* out);

// The object of WriteErrorEvent by itself: the body of an answer that turned out to be an error.
void WriteErrorBody(std::string_view message, std::string_view type, std::string_view code,
                    std::string* out);

}  // namespace junctor::engine
