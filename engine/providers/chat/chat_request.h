// A chat completion request in OpenAI's form, taken apart once: what every wire format makes its
// own request from.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace junctor::engine {

// JSON text of one value, as the caller wrote it; empty: absent. Strings in it are not unescaped.
using JsonText = std::string_view;

enum class ChatRole : uint8_t { kSystem, kUser, kAssistant, kTool };

// One part of a message's content.
struct ContentPart {
  enum class Kind : uint8_t { kText, kImage, kAudio, kFile, kRefusal };
  Kind kind = Kind::kText;
  std::string_view text;  // kText, kRefusal
  // kImage: its URL as given. kFile: `file_data` as given (a data URL as a rule). For data URLs the
  // two below are filled as well.
  std::string_view url;
  std::string_view mime_type;  // of the data; without parameters; empty where the URL names none
  std::string_view base64;  // the data, standard or URL-safe alphabet, checked; empty: no data URL
  std::string_view audio_format;  // kAudio: "wav", "mp3"; its data stands in `base64`
  std::string_view file_id;       // kFile
  std::string_view filename;      // kFile
  JsonText cache_control;         // extension of Anthropic's, passed on where it is known
};

// One call of a tool in an assistant's message.
struct ChatToolCall {
  std::string_view id;
  std::string_view name;
  std::string_view arguments;          // unescaped text; JSON as a rule, not checked
  std::string_view thought_signature;  // extra_content.google.thought_signature
};

// One message. The old role `function` and `function_call` have become tool messages and calls.
struct ChatMessage {
  ChatRole role = ChatRole::kUser;       // `developer` is kSystem
  std::vector<ContentPart> parts;        // a string content is one kText part; null content is none
  std::vector<ChatToolCall> tool_calls;  // kAssistant
  std::string_view tool_call_id;         // kTool
  std::string_view name;       // as given; of kTool, the function's name where it was told
  std::string_view reasoning;  // kAssistant: reasoning_content
  JsonText cache_control;
  bool prefix = false;  // kAssistant, the last message: the answer so far, to be gone on with
                        // (R22). Set by the gateway, never by the reader
};

// One function that the model may call.
struct ChatTool {
  std::string_view name;
  std::string_view description;
  JsonText parameters;  // a schema object; empty: none
  std::optional<bool> strict;
  JsonText cache_control;
};

struct ChatToolChoice {
  enum class Kind : uint8_t { kAuto, kNone, kRequired, kNamed };
  Kind kind = Kind::kAuto;
  std::string_view name;  // kNamed
};

struct ChatResponseFormat {
  enum class Kind : uint8_t { kText, kJsonObject, kJsonSchema };
  Kind kind = Kind::kText;
  std::string_view name;  // kJsonSchema
  JsonText schema;        // kJsonSchema
  std::optional<bool> strict;
};

// Levels of `reasoning_effort`, in order.
enum class ReasoningEffort : uint8_t { kNone, kMinimal, kLow, kMedium, kHigh, kXhigh, kMax };

// A top-level key that is none of the known ones.
struct ChatExtension {
  std::string_view key;
  JsonText value;
};

// A whole request. `null` is the same as absent. Plain data; views belong to the ChatRequestReader
// that made it.
struct ChatRequest {
  // The caller's whole body, with kBodyPadding bytes readable after it: for targets that take
  // OpenAI's form (Vertex's open models).
  JsonText source;
  std::vector<ChatMessage> messages;
  std::vector<ChatTool> tools;
  std::optional<ChatToolChoice> tool_choice;
  std::optional<bool> parallel_tool_calls;
  bool uses_functions = false;         // asked by the old `functions`: answered in that form
  std::optional<uint64_t> max_tokens;  // max_completion_tokens, else max_tokens
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<uint64_t> top_k;  // extension
  std::optional<double> presence_penalty;
  std::optional<double> frequency_penalty;
  std::optional<int64_t> seed;
  std::optional<uint64_t> n;
  std::vector<std::string_view> stop;
  bool stream = false;
  bool include_usage = false;  // stream_options.include_usage
  bool logprobs = false;
  std::optional<uint64_t> top_logprobs;
  ChatResponseFormat response_format;
  std::optional<ReasoningEffort> reasoning_effort;
  std::vector<std::string_view> modalities;
  bool wants_audio = false;  // `audio`, or `audio` among the modalities
  std::string_view user;     // safety_identifier, else user
  std::string_view service_tier;
  JsonText metadata;
  std::vector<ChatExtension> extensions;

  // The value of an extension; empty where there is none.
  JsonText Extension(std::string_view key) const {
    for (const ChatExtension& extension : extensions) {
      if (extension.key == key) return extension.value;
    }
    return {};
  }
};

}  // namespace junctor::engine
