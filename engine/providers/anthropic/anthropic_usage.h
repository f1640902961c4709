// Anthropic's counts of tokens, in the gateway's normal form.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>

#include "engine/providers/chat/usage.h"

namespace junctor::engine {

// The counts as Anthropic tells them: in a stream first a part of them, then all that changed.
class AnthropicUsage {
 public:
  // Takes what `usage`, an object, tells; counts that it does not have, or that are null, stay as
  // they are.
  void Take(simdjson::dom::element usage);

  // `input_tokens` is what the caches did not give: all of the input is the sum. Nothing where
  // nothing was told.
  std::optional<Usage> Normal() const;

 private:
  std::optional<uint64_t> input_;
  std::optional<uint64_t> output_;
  std::optional<uint64_t> cache_read_;
  std::optional<uint64_t> cache_creation_;
  std::optional<uint64_t> cache_creation_hour_;
  std::optional<uint64_t> thinking_;
  std::optional<uint64_t> searches_;
};

}  // namespace junctor::engine
