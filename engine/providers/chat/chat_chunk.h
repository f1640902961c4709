// What one event of an OpenAI-compatible stream carries, as far as failover and accounting have to
// know (R20, R22).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/providers/chat/event_reader.h"
#include "engine/providers/chat/usage.h"

namespace junctor::engine {

// What an event means for the attempt that it belongs to.
enum class ChunkKind : uint8_t {
  kLife,     // a comment, a ping, a role-only or usage chunk: the stream lives, no token
  kToken,    // content, a tool call or a finish reason
  kDone,     // [DONE]
  kError,    // an error event inside the stream
  kGaveUp,   // a finish reason that says that the answer is not whole
  kInvalid,  // not JSON: dropped and counted (R22)
};

// Which of OpenAI's streams the events belong to.
enum class StreamDialect : uint8_t {
  kChat,       // chunks of choices, [DONE] at the end
  kResponses,  // named events, `response.completed` at the end, no [DONE]
};

struct ChunkInfo {
  ChunkKind kind = ChunkKind::kLife;
  bool finished = false;    // kToken: some choice has its finish reason
  bool usage_only = false;  // kLife: it tells the usage and nothing else
  bool null_usage = false;  // it has `"usage":null`, as chunks do where usage was asked for
};

// Tells the events of one stream apart. Keeps its parser's buffers from event to event. Not
// thread-safe.
class ChunkInspector {
 public:
  // `slug` is the provider's, which decides how its usage is read; it outlives the inspector.
  explicit ChunkInspector(StreamDialect dialect = StreamDialect::kChat, std::string_view slug = {});
  ~ChunkInspector();
  ChunkInspector(ChunkInspector&&) noexcept;
  ChunkInspector& operator=(ChunkInspector&&) noexcept;

  ChunkInfo Inspect(const ServerSentEvent& event);

  // What the answer used, as the last event that told it said.
  const std::optional<Usage>& usage() const { return usage_; }
  // Bytes of text, reasoning and arguments that came by now: what an estimate is made from.
  uint64_t text_bytes() const { return text_bytes_; }

 private:
  ChunkInfo InspectJson(const ServerSentEvent& event, std::string_view data);

  struct State;
  std::unique_ptr<State> state_;
  StreamDialect dialect_;
  std::string_view slug_;
  std::optional<Usage> usage_;
  uint64_t text_bytes_ = 0;
};

// What a whole answer of `slug` in OpenAI's form says it used: its last `usage`. Nothing where it
// says nothing. Does not parse the rest.
std::optional<Usage> UsageOfBody(std::string_view body, std::string_view slug);

}  // namespace junctor::engine
