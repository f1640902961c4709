// From the JSON text of a chat completion request to a ChatRequest: the one place where translation
// reads what callers send.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/providers/chat/chat_request.h"

namespace junctor::engine {

// Most messages, parts of one message, tools, and calls of one message that are translated.
inline constexpr size_t kMaxChatItems = 100'000;

// Reads requests; keeps its buffers from one to the next. One per worker; not thread-safe.
class ChatRequestReader {
 public:
  ChatRequestReader();
  ~ChatRequestReader();
  ChatRequestReader(ChatRequestReader&&) noexcept;
  ChatRequestReader& operator=(ChatRequestReader&&) noexcept;

  // `body` is the text of one JSON object, after whose end kBodyPadding bytes are readable. The
  // result views `body` and this reader, and is valid until the next Read. InvalidArgument names
  // the place (`messages[2].content[0].image_url.url`) and what was expected there.
  absl::StatusOr<ChatRequest> Read(std::string_view body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace junctor::engine
