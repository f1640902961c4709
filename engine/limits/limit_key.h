// What names a window: gateway, route, element and key value (R17).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/limits/packed_key.h"
#include "engine/limits/short_text.h"

namespace junctor::engine {

// A limit element of a route of a gateway. A view of names that its maker keeps.
struct LimitName {
  std::string_view gateway;
  std::string_view route;
  std::string_view element;

  friend bool operator==(const LimitName& a, const LimitName& b) {
    return SameText(a.element, b.element) && SameText(a.route, b.route) &&
           SameText(a.gateway, b.gateway);
  }
};

// The names in numbers, which are compared faster: different ones are different names, and equal
// ones equal names where all are short.
struct LimitDigest {
  LimitDigest() = default;
  explicit LimitDigest(const LimitName& name);

  friend bool operator==(const LimitDigest&, const LimitDigest&) = default;

  ShortText gateway, route, element;
  uint64_t sizes = 0;  // of the three
  bool all_short = true;
};

// A window's whole name and its hash, made once for each request. Views its names and its value.
struct LimitKey {
  // `seed` is secret, so that callers can't choose key values that fall on one another.
  LimitKey(const LimitName& limit_name, std::string_view key_value, uint64_t seed);

  // The key value in its kept form.
  std::string_view packed() const { return value.view(); }
  // Of a name, its digest and a packed value.
  static uint64_t HashOf(const LimitName& name, const LimitDigest& digest, std::string_view packed,
                         uint64_t seed);

  // Whether `other`, whose digest is `other_digest`, is this key's limit.
  bool IsOf(const LimitName& other, const LimitDigest& other_digest) const {
    return other_digest == digest && (digest.all_short || other == name);
  }

  LimitName name;
  LimitDigest digest;
  PackedKey value;
  uint64_t hash;
};

// The bytes of a key value, in place where there are few. 20 bytes, movable.
class KeyText {
 public:
  KeyText() { bytes_[0] = 0; }
  explicit KeyText(std::string_view text);
  KeyText(KeyText&& other) noexcept;
  KeyText& operator=(KeyText&& other) noexcept;
  ~KeyText();

  std::string_view view() const;

 private:
  // bytes_[0] is the size of the text that follows, or kElsewhere: then the text's address and its
  // size in 32 bits follow, and the text is our own.
  static constexpr uint8_t kElsewhere = 0xff;
  static constexpr size_t kInPlace = 19;

  uint8_t tag() const { return static_cast<uint8_t>(bytes_[0]); }
  const char* elsewhere() const;

  std::array<char, kInPlace + 1> bytes_;
};

}  // namespace junctor::engine
