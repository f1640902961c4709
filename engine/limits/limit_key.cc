#include "engine/limits/limit_key.h"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace junctor::engine {
namespace {

inline uint64_t NameHash(std::string_view name, const ShortText& text, uint64_t seed) {
  if (name.size() > kShortText) return XXH3_64bits_withSeed(name.data(), name.size(), seed);
  // Two odd numbers with bits all over: those of the golden ratio and of the square root of 2.
  const uint64_t mixed = (text.first ^ (seed + name.size())) * 0x9e3779b97f4a7c15 +
                         (text.last ^ (seed >> 32)) * 0xb504f333f9de6485;
  return (mixed ^ (mixed >> 29)) * 0x9e3779b97f4a7c15;
}

}  // namespace

LimitDigest::LimitDigest(const LimitName& name)
    : gateway(name.gateway),
      route(name.route),
      element(name.element),
      // Sizes of names far beyond all that are allowed may look alike: those are not short.
      sizes(name.gateway.size() + (name.route.size() << 20) + (name.element.size() << 40)),
      all_short(name.gateway.size() <= kShortText && name.route.size() <= kShortText &&
                name.element.size() <= kShortText) {}

LimitKey::LimitKey(const LimitName& limit_name, std::string_view key_value, uint64_t seed)
    : name(limit_name),
      digest(limit_name),
      value(key_value),
      hash(HashOf(name, digest, packed(), seed)) {}

uint64_t LimitKey::HashOf(const LimitName& name, const LimitDigest& digest, std::string_view packed,
                          uint64_t seed) {
  // Each part has a seed of its own: ("a", "bc") and ("ab", "c") are different, and so are ("a",
  // "b") and ("b", "a"). They do not wait for each other. Values are callers' and hashed so that
  // they can't choose them to fall on one another; names are operators'.
  const uint64_t names = NameHash(name.gateway, digest.gateway, seed) +
                         NameHash(name.route, digest.route, seed + 1) +
                         NameHash(name.element, digest.element, seed + 2);
  return names ^ XXH3_64bits_withSeed(packed.data(), packed.size(), seed + 3);
}

KeyText::KeyText(std::string_view text) {
  if (text.size() <= kInPlace) {
    bytes_[0] = static_cast<char>(text.size());
    std::copy(text.begin(), text.end(), &bytes_[1]);  // an empty text may stand nowhere
    return;
  }
  char* copy = new char[text.size()];
  std::memcpy(copy, text.data(), text.size());
  const auto size = static_cast<uint32_t>(text.size());
  bytes_[0] = static_cast<char>(kElsewhere);
  std::memcpy(&bytes_[1], &copy, sizeof(copy));
  std::memcpy(&bytes_[1 + sizeof(copy)], &size, sizeof(size));
}

KeyText::KeyText(KeyText&& other) noexcept : bytes_(other.bytes_) { other.bytes_[0] = 0; }

KeyText& KeyText::operator=(KeyText&& other) noexcept {
  if (this != &other) {
    if (tag() == kElsewhere) delete[] elsewhere();
    bytes_ = other.bytes_;
    other.bytes_[0] = 0;
  }
  return *this;
}

KeyText::~KeyText() {
  if (tag() == kElsewhere) delete[] elsewhere();
}

std::string_view KeyText::view() const {
  if (tag() != kElsewhere) return {&bytes_[1], tag()};
  uint32_t size = 0;
  std::memcpy(&size, &bytes_[1 + sizeof(char*)], sizeof(size));
  return {elsewhere(), size};
}

const char* KeyText::elsewhere() const {
  const char* text = nullptr;
  std::memcpy(&text, &bytes_[1], sizeof(text));
  return text;
}

}  // namespace junctor::engine
