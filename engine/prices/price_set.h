// The prices in force at one moment, by kind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/prices/money.h"

namespace junctor::engine {

// What a price is for.
enum class PriceKind : uint8_t {
#define JUNCTOR_PRICE(kind, field, unit, label) kind,
#include "engine/prices/price_kinds.def"
#undef JUNCTOR_PRICE
};

// What a price is counted by.
enum class PriceUnit : uint8_t {
  kToken,
  kPiece,  // a request, a search, a page, a second
};

// One line of price_kinds.def.
struct PriceKindInfo {
  PriceKind kind;
  std::string_view field;  // its name in a price file
  PriceUnit unit;
  std::string_view label;  // for people

  // The dearest price of this kind that a file may give.
  AttoDollars max() const { return unit == PriceUnit::kToken ? kMaxTokenPrice : kMaxPiecePrice; }
};

inline constexpr std::array kPriceKinds = {
#define JUNCTOR_PRICE(kind, field, unit, label) \
  PriceKindInfo{PriceKind::kind, field, PriceUnit::unit, label},
#include "engine/prices/price_kinds.def"
#undef JUNCTOR_PRICE
};

// The kind that a field of a price file gives, or null.
const PriceKindInfo* FindPriceKind(std::string_view field);

// Prices by kind. A price that is absent is unknown, which is not the same as 0.
class PriceSet {
 public:
  const std::optional<AttoDollars>& operator[](PriceKind kind) const {
    return prices_[static_cast<size_t>(kind)];
  }
  void Set(PriceKind kind, AttoDollars price) { prices_[static_cast<size_t>(kind)] = price; }

  bool empty() const;
  // Puts `other`'s prices over these; a price that `other` does not have stays.
  void Overlay(const PriceSet& other);

  friend bool operator==(const PriceSet&, const PriceSet&) = default;

 private:
  std::array<std::optional<AttoDollars>, kPriceKinds.size()> prices_;
};

}  // namespace junctor::engine
