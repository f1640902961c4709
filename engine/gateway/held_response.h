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

#include "engine/gateway/body_tail.h"
#include "engine/gateway/stream_continuation.h"
#include "engine/net/timer_wheel.h"
#include "engine/providers/chat/chat_chunk.h"
#include "engine/providers/chat/event_reader.h"
#include "engine/providers/chat/failure.h"
#include "engine/providers/chat/usage.h"
#include "engine/providers/model_request.h"
#include "engine/providers/model_response.h"

namespace junctor::engine {

// Most bytes of a held answer that are read ahead of its caller (R23).
inline constexpr size_t kMaxHeldBytes = 64 * 1024;

// Largest answer that is held until it is complete (R22, `hold`).
inline constexpr size_t kMaxWholeBytes = 1024 * 1024;

// How an answer is to be read.
struct HeldOptions {
  Operation operation = Operation::kChat;
  std::string_view provider;  // its slug; outlives the response
  std::chrono::milliseconds stall_timeout{60'000};
  // The usage was asked for by us: its chunk is not the caller's, nor are members that say null.
  bool swallow_usage = false;
  // Where another answer is to go on when this one breaks, or this one goes on from one that broke.
  std::optional<StreamContinuation> continuation;
};

// Why a stream could not go on: the other answer says something else (R22).
inline constexpr std::string_view kAnswerDiffersCode = "answer_differs";

// What may go to the caller next.
struct ResponsePiece {
  std::string_view bytes;  // valid until the next call; may be empty
  bool ended = false;      // nothing comes after it
};

// Owns one provider's answer from its head on. Reads events of streams one by one, since a broken
// one must not go on; other bodies are bytes. Used on one loop's thread.
class HeldResponse {
 public:
  HeldResponse(std::unique_ptr<ModelResponse> response, HeldOptions options);

  // Reads until the first token of an event stream, or the end (at most kMaxHeldBytes) of another
  // body (R20). The deadline is that which the exchange has. A failure here is one of the attempt:
  // nothing has gone to the caller.
  net::Awaitable<std::optional<Failure>> AwaitFirstToken();

  // After AwaitFirstToken: reads on until the answer is complete, or larger than kMaxWholeBytes. A
  // failure is one of the attempt, too: nothing has gone to the caller (R22, `hold`).
  net::Awaitable<std::optional<Failure>> AwaitWhole();

  // What has been read up to now. Call once, after AwaitFirstToken or AwaitWhole.
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
  uint32_t invalid_chunks() const { return invalid_chunks_ + response_->invalid_events(); }
  // What the answer used, as far as it is known by now. Of a stream that did not come to its finish
  // the output is absent where the provider had told less than what came.
  std::optional<Usage> usage() const;
  // Bytes of the answer's text that came by now; of its whole body, where that is no stream.
  uint64_t answer_bytes() const {
    return is_event_stream_ ? inspector_.text_bytes() : body_bytes_ + response_->waiting_bytes();
  }
  // Null where no other answer is to go on from this one.
  const StreamContinuation* continuation() const {
    return options_.continuation.has_value() ? &*options_.continuation : nullptr;
  }
  // Takes it away. Only where it is not null; the response must not be read further.
  StreamContinuation TakeContinuation() { return *std::move(options_.continuation); }

 private:
  enum class Progress : uint8_t { kMore, kToken, kEnded, kFailed };

  net::Awaitable<std::optional<Failure>> AwaitFirstEvent();
  net::Awaitable<std::optional<Failure>> AwaitPlainBody();
  // Takes what a read of an event stream returned: bytes, a sign of life, or the end of the body.
  Progress TakeRead(std::string_view bytes, bool stop_at_token);
  // Takes events out of the reader until there are none, or (with `stop_at_token`) one carries a
  // token, and adds those that go on to `outgoing_`.
  Progress TakeEvents(bool stop_at_token);
  Progress TakeEvent(const ServerSentEvent& event);
  // What the end of the body means for the stream.
  Progress EndStream();
  // The failure of the stream, of a class that says whether the caller has had something of it.
  Failure TakeAttemptFailure();
  Failure TakeStreamFailure();
  // Counts the next piece of a plain body.
  void NotePlain(std::string_view piece);
  // Adds bytes of the window; joined without a copy where they follow each other.
  void Pass(std::string_view bytes);
  // Adds an event that is a chunk, without its `"usage":null` where that is to be hidden; false: it
  // does not go on from the answer before it.
  bool PassChunk(const ServerSentEvent& event, bool hide_null_usage);
  // Copies what is in the provider's buffer, which the next read uses anew.
  void KeepWindow();

  std::unique_ptr<ModelResponse> response_;
  HeldOptions options_;
  bool is_event_stream_ = false;
  bool body_ended_ = false;  // the exchange has been read to its proper end
  bool ended_ = false;       // everything for the caller is out
  bool finished_ = false;    // some choice has its finish reason
  uint32_t invalid_chunks_ = 0;
  EventReader reader_;
  ChunkInspector inspector_;
  std::optional<Usage> body_usage_;
  BodyTail body_tail_;  // of a plain body that is larger than what is held
  uint64_t body_bytes_ = 0;
  std::optional<Failure> stream_failure_;
  std::string_view window_;  // outgoing bytes in the provider's buffer …
  std::string outgoing_;     // … or, where they don't stand in one piece, here
};

}  // namespace junctor::engine
