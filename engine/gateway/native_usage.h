// What an answer in a provider's own form used: found in its bytes as they pass, without reading
// all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/config/provider_record.h"
#include "engine/providers/chat/usage.h"

namespace junctor::engine {

// Usage stands in the last event of a stream, or behind the text of an answer; Anthropic tells the
// input in the first event.
inline constexpr size_t kNativeUsageBytes = 16 * 1024;

// Keeps the beginning and the end of one answer's body.
class NativeUsage {
 public:
  // A piece of the body, in order.
  void Take(std::string_view piece);
  // Of the whole body.
  uint64_t bytes() const { return bytes_; }

  // The usage that the answer tells, in the words of OpenAI, Anthropic, Google, Bedrock or Cohere;
  // nothing where it tells none. `slug`: the provider's, see ReadOpenAiUsage.
  std::optional<Usage> Find(ChatFormat format, std::string_view slug) const;

 private:
  std::string head_;
  std::string tail_;
  uint64_t bytes_ = 0;
};

}  // namespace junctor::engine
