// See price_set.h.
#include "engine/prices/price_set.h"

#include <algorithm>

namespace junctor::engine {

const PriceKindInfo* FindPriceKind(std::string_view field) {
  for (const PriceKindInfo& info : kPriceKinds) {
    if (info.field == field) return &info;
  }
  return nullptr;
}

bool PriceSet::empty() const {
  return std::none_of(prices_.begin(), prices_.end(),
                      [](const std::optional<AttoDollars>& price) { return price.has_value(); });
}

void PriceSet::Overlay(const PriceSet& other) {
  for (size_t i = 0; i < prices_.size(); ++i) {
    if (other.prices_[i].has_value()) prices_[i] = other.prices_[i];
  }
}

}  // namespace junctor::engine
