#include "engine/providers/mistral/tool_call_id.h"

#define XXH_INLINE_ALL  // header-only use
#include <xxhash.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"

namespace junctor::engine {
namespace {

constexpr size_t kIdLength = 9;

}  // namespace

std::string MistralToolCallId(std::string_view id) {
  const bool fits = id.size() == kIdLength && std::all_of(id.begin(), id.end(), [](char c) {
                      return absl::ascii_isalnum(static_cast<unsigned char>(c));
                    });
  if (fits) return std::string(id);
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  uint64_t hash = XXH64(id.data(), id.size(), 0);
  std::string made;
  for (size_t i = 0; i < kIdLength; ++i) {
    made.push_back(kDigits[hash % kDigits.size()]);
    hash /= kDigits.size();
  }
  return made;
}

}  // namespace junctor::engine
