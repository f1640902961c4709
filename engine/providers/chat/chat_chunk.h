// What one event of an OpenAI-compatible chat stream carries, as far as failover has to know (R20,
// R22).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/providers/event_reader.h"

namespace junctor::engine {

// What an event means for the attempt that it belongs to.
enum class ChunkKind : uint8_t {
  kLife,     // a comment, a ping, a role-only or usage chunk: the stream lives, no token
  kToken,    // content, a tool call or a finish reason
  kDone,     // [DONE]
  kError,    // an error event inside the stream
  kInvalid,  // not JSON: dropped and counted (R22)
};

struct ChunkInfo {
  ChunkKind kind = ChunkKind::kLife;
  bool finished = false;  // kToken: some choice has its finish reason
};

// Tells events apart. Keeps its parser's buffers from event to event: one per stream or thread. Not
// thread-safe.
class ChunkInspector {
 public:
  ChunkInspector();
  ~ChunkInspector();
  ChunkInspector(ChunkInspector&&) noexcept;
  ChunkInspector& operator=(ChunkInspector&&) noexcept;

  ChunkInfo Inspect(const ServerSentEvent& event);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace junctor::engine
