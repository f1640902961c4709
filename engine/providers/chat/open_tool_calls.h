// Which tool call of the caller's stream the pieces of a provider's block belong to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace junctor::engine {

// Most calls that one stream is filled in at once. Providers send one call after the other; beyond
// this the oldest gets no more pieces, so that a stream's memory has a bound.
inline constexpr size_t kMaxOpenToolCalls = 128;

// The calls whose arguments are still coming, by the number that the provider gives them. Not
// thread-safe.
class OpenToolCalls {
 public:
  struct Call {
    uint64_t block;              // the provider's number
    uint32_t choice = 0;         // of the caller's stream
    uint32_t tool = 0;           // its index there
    bool is_content = false;     // its arguments are the answer's text, not a call's
    bool has_arguments = false;  // a piece of them has come
    std::string id = {};         // where the provider repeats it; empty: not needed
  };

  // The call of `block`; null where none is open.
  Call* Find(uint64_t block) {
    const auto found = Position(block);
    return found == calls_.end() ? nullptr : &*found;
  }

  // Opens `call`; one of the same block is closed.
  void Open(Call call) {
    Close(call.block);
    if (calls_.size() >= kMaxOpenToolCalls) calls_.erase(calls_.begin());
    calls_.push_back(std::move(call));
  }

  void Close(uint64_t block) {
    const auto found = Position(block);
    if (found != calls_.end()) calls_.erase(found);
  }

 private:
  std::vector<Call>::iterator Position(uint64_t block) {
    return std::find_if(calls_.begin(), calls_.end(),
                        [block](const Call& call) { return call.block == block; });
  }

  std::vector<Call> calls_;
};

}  // namespace junctor::engine
