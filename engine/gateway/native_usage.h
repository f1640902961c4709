// What an answer in a provider's own form used, read from its bytes as they go through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/config/provider_record.h"
#include "engine/gateway/body_tail.h"
#include "engine/net/http_types.h"
#include "engine/providers/anthropic/anthropic_usage.h"
#include "engine/providers/chat/event_reader.h"
#include "engine/providers/chat/usage.h"

namespace junctor::engine {

// Reads usage by its shape, whichever path it came from: that of OpenAI's completions and
// responses, of Anthropic's messages, Gemini's `usageMetadata`, Bedrock's and Cohere's. Streams of
// events are read event by event, other bodies at their end. Used by one coroutine.
class NativeUsage {
 public:
  // `slug` is the provider's, see ReadOpenAiUsage; it outlives the object. `swallows`: events of a
  // stream that tell the usage and nothing else are kept from the caller, as is `"usage":null`.
  NativeUsage(ChatFormat format, std::string_view slug, bool swallows)
      : format_(format), slug_(slug), swallows_(swallows) {}

  // Before the body, by its head. True: not all of it will go to the caller.
  bool Begin(const net::HeaderList& headers);
  // A piece of the body, in order, the last one marked so. Returns what of it goes to the caller,
  // which is valid as long as the piece and until the next call.
  std::string_view Take(std::string_view piece, bool is_last);

  // What was told by now; nothing where nothing was. The output is absent where a stream broke off
  // before it was told.
  std::optional<Usage> Find() const;
  // What an estimate is made from: bytes of text where the body is a stream of events, else of the
  // whole body.
  uint64_t answer_bytes() const { return is_event_stream_ ? text_bytes_ : body_bytes_; }

 private:
  // Whether the event tells the usage and nothing else.
  bool TakeEvent(std::string_view data);

  ChatFormat format_;
  std::string_view slug_;
  bool swallows_;
  bool is_event_stream_ = false;
  EventReader reader_;
  std::string passed_;             // what goes on, where events are swallowed
  AnthropicUsage anthropic_;       // a part with the first event, the rest with the last
  std::optional<Usage> in_event_;  // the latest of any other form
  bool is_told_ = false;           // Anthropic's last part has come
  uint64_t text_bytes_ = 0;
  uint64_t body_bytes_ = 0;
  BodyTail tail_;
};

}  // namespace junctor::engine
