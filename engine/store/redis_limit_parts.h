// What questions and bookings of RedisLimitClient have in common. Only its own source files include
// this.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/store/redis_limit_client.h"
#include "engine/store/redis_limit_key.h"

namespace junctor::engine {

// A place in the server's window, of a request that it or its stand-in admitted.
struct RedisLimitClient::Ticket final : RemoteTicket {
  std::shared_ptr<const LedgerAccount> account;
  std::string hold;   // its name; empty: nothing is held in the server
  uint64_t held = 0;  // of it, what was not charged yet
  LimitTicket local;  // of a request that the stand-in admitted
};

// The arguments that check and charge begin with.
inline void AppendRule(const LimitSpec& spec, std::string_view element, std::string_view key,
                       RedisCommands* commands) {
  commands->Word(RedisTypeLetter(spec.type));
  commands->Word(spec.technique == WindowTechnique::kSliding ? "1" : "0");
  commands->Number(spec.limit);
  commands->Number(uint64_t{spec.window_seconds} * 1'000'000);
  commands->Word(element);
  commands->Word(key);
}

inline bool IsNoScript(const RedisReply& reply) {
  return reply.is_error() && reply.text.starts_with("NOSCRIPT");
}

// Something else stands under the key: it does not go away by trying again, and concerns this key
// alone.
inline bool IsWrongType(const RedisReply& reply) {
  return reply.is_error() && reply.text.find("WRONGTYPE") != reply.text.npos;
}

inline absl::Status UnreadableError() {
  return absl::UnavailableError("a script's answer can't be read");
}

// A hold as the scripts name it.
inline std::string HoldText(const std::string& hold, uint64_t held) {
  return hold + ":" + std::to_string(held);
}

}  // namespace junctor::engine
