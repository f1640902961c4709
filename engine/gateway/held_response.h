// A model's answer that has begun: its first token is there, and nothing of it has gone to the
// caller yet (R20, R22, R23).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/net/event_loop.h"
#include "engine/providers/chat_chunk.h"
#include "engine/providers/event_reader.h"
#include "engine/providers/failure.h"
#include "engine/providers/model_response.h"

namespace junctor::engine {

// Most bytes of a held answer that are read ahead of its caller (R23).
inline constexpr size_t kMaxHeldBytes = 64 * 1024;

// What may go to the caller next.
struct ResponsePiece {
  std::string_view bytes;  // valid until the next call; may be empty
  bool ended = false;      // nothing comes after it
};

// Owns one provider's answer from its head on. Reads events of streams one by one, since a broken
// one must not go on; other bodies are bytes. Used on one loop's thread.
class HeldResponse {
 public:
  HeldResponse(net::EventLoop* loop, std::unique_ptr<ModelResponse> response,
               std::chrono::milliseconds stall_timeout);

  // Reads until the first token of an event stream, or the end (at most kMaxHeldBytes) of another
  // body (R20). The deadline is that which the exchange has. A failure here is one of the attempt:
  // nothing has gone to the caller.
  net::Awaitable<std::optional<Failure>> AwaitFirstToken();

  // What has been read up to now. Call once, after AwaitFirstToken.
  ResponsePiece TakeHeld();
  // Waits for what comes next, at most as long as the stall timeout. A failure here is of class
  // `stream` (R22).
  net::Awaitable<std::variant<ResponsePiece, Failure>> Next();
  // After the caller has its whole answer: reads the rest of the exchange's framing, so that the
  // connection can be kept.
  net::Awaitable<void> Drain();

  int status() const { return response_->status(); }
  const net::HeaderList& headers() const { return response_->headers(); }
  bool is_event_stream() const { return is_event_stream_; }
  // Length of the whole body where the provider told it and it is passed on unchanged.
  std::optional<uint64_t> content_length() const;
  // Chunks of the stream that were no JSON, and dropped (R22).
  uint32_t invalid_chunks() const { return invalid_chunks_; }

 private:
  enum class Progress : uint8_t { kMore, kToken, kEnded, kFailed };

  net::Awaitable<std::optional<Failure>> AwaitFirstEvent();
  net::Awaitable<std::optional<Failure>> AwaitPlainBody();
  // Takes events out of the reader until there are none, or (with `stop_at_token`) one carries a
  // token, and adds those that go on to `outgoing_`.
  Progress TakeEvents(bool stop_at_token);
  Progress TakeEvent(const ServerSentEvent& event);
  // What the end of the body means for the stream.
  Progress EndStream();
  Failure TakeStreamFailure();
  // Adds bytes of the window; joined without a copy where they follow each other.
  void Pass(std::string_view bytes);

  net::EventLoop* loop_;
  std::unique_ptr<ModelResponse> response_;
  std::chrono::milliseconds stall_timeout_;
  bool is_event_stream_ = false;
  bool body_ended_ = false;  // the exchange has been read to its proper end
  bool ended_ = false;       // everything for the caller is out
  bool finished_ = false;    // some choice has its finish reason
  uint32_t invalid_chunks_ = 0;
  EventReader reader_;
  ChunkInspector inspector_;
  std::optional<Failure> stream_failure_;
  std::string_view window_;  // outgoing bytes in the provider's buffer …
  std::string outgoing_;     // … or, where they don't stand in one piece, here
};

}  // namespace junctor::engine
