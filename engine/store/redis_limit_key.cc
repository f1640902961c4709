#include "engine/store/redis_limit_key.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

namespace junctor::engine {
namespace {

// Longer names and key values are replaced by a digest: keys of Redis stay short, whatever callers
// send.
constexpr size_t kMaxPartBytes = 96;

void AppendHex(uint8_t byte, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out->push_back(kDigits[byte >> 4]);
  out->push_back(kDigits[byte & 15]);
}

// Letters, digits and `_.-/` stand for themselves: a name can't be taken for another, for a pattern
// or for the end of the hash tag.
void AppendPart(std::string_view text, std::string* out) {
  if (text.size() > kMaxPartBytes) {
    std::array<uint8_t, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    out->push_back('#');
    for (unsigned i = 0; i < size; ++i) AppendHex(digest[i], out);
    return;
  }
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' || c == '/';
    if (is_plain) {
      out->push_back(c);
    } else {
      out->push_back('%');
      AppendHex(static_cast<uint8_t>(c), out);
    }
  }
}

std::string PrefixOf(LimitType type, std::string_view gateway, std::string_view route) {
  std::string prefix = "junctor:{";
  AppendPart(gateway, &prefix);
  prefix.append(type == LimitType::kCost ? "}:m:" : "}:c:");
  AppendPart(route, &prefix);
  prefix.push_back(':');
  return prefix;
}

}  // namespace

RedisLimitKey RedisKeyOf(LimitType type, const LimitName& name, std::string_view key) {
  RedisLimitKey keys;
  keys.main = PrefixOf(type, name.gateway, name.route);
  AppendPart(name.element, &keys.main);
  keys.main.push_back(':');
  AppendPart(key, &keys.main);
  keys.side = keys.main + ":s";
  return keys;
}

std::string RedisPatternOf(LimitType type, std::string_view gateway, std::string_view route) {
  // Side keys have one part more, but `*` takes that too: who scans asks for hashes alone.
  return PrefixOf(type, gateway, route) + "*";
}

}  // namespace junctor::engine
