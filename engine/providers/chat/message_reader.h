// The messages of a chat request, read: the part of ChatRequestReader that has the most cases. Only
// it includes this.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "engine/providers/chat/chat_request.h"
#include "engine/providers/chat/request_fields.h"

namespace junctor::engine {

// Reads one list of messages. Old functions have no ids for their calls: they are made here.
class MessageReader {
 public:
  // Both outlive the reader; `made_ids` backs ids in the result, and outlives that.
  MessageReader(FieldReader* fields, std::deque<std::string>* made_ids)
      : fields_(fields), made_ids_(made_ids) {}

  // `out` gets the messages; false: see the FieldReader's status.
  bool Read(JsonValue& value, const JsonPlace& place, std::vector<ChatMessage>* out);

 private:
  // What a message holds besides the fields of ChatMessage, until its role is known.
  struct Raw;

  bool ReadMessage(JsonValue& value, const JsonPlace& place, ChatMessage* out);
  bool ReadMember(std::string_view key, JsonValue& value, const JsonPlace& place,
                  ChatMessage* message, Raw* raw);
  bool ReadContent(JsonValue& value, const JsonPlace& place, std::vector<ContentPart>* out);
  bool ReadPart(JsonValue& value, const JsonPlace& place, ContentPart* out);
  bool ReadToolCall(JsonValue& value, const JsonPlace& place, ChatToolCall* out);
  bool ReadFunction(JsonValue& value, const JsonPlace& place, ChatToolCall* out);
  bool ReadThoughtSignature(JsonValue& value, const JsonPlace& place, ChatToolCall* out);
  bool TakeRole(const JsonPlace& place, const Raw& raw, ChatMessage* message);
  bool TakeData(std::string_view text, const JsonPlace& place, ContentPart* part);

  FieldReader* fields_;
  std::deque<std::string>* made_ids_;
  size_t message_index_ = 0;
  std::vector<ChatToolCall> function_calls_;  // that no result has been seen for
};

}  // namespace junctor::engine
