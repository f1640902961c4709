// See price_layer.h.
#include "engine/prices/price_layer.h"

#include <utility>

namespace junctor::engine {
namespace {

// An entry that names no back end stands for all of them.
bool IsOf(const ModelPrice& price, std::string_view via) {
  return via.empty() || price.via.empty() || price.via == via;
}

}  // namespace

PriceLayer::PriceLayer(Entries entries) : entries_(std::move(entries)) {
  for (const std::shared_ptr<const ModelPrice>& entry : entries_) {
    OfProvider& provider = providers_[entry->provider];
    provider.in_order.push_back(entry.get());
    provider.by_id[FoldedModelName(entry->model)].push_back(entry.get());
  }
}

PriceMatch PriceLayer::Search(const ModelSpelling& spelling) const {
  const auto provider = providers_.find(std::string_view(spelling.provider));
  if (provider == providers_.end()) return {};
  const auto of_id = provider->second.by_id.find(std::string_view(spelling.model));
  if (of_id != provider->second.by_id.end()) {
    for (const ModelPrice* price : of_id->second) {
      if (IsOf(*price, spelling.via)) return {price, nullptr};
    }
  }
  for (const ModelPrice* price : provider->second.in_order) {
    if (!IsOf(*price, spelling.via)) continue;
    for (const MatchRule& rule : price->match) {
      if (rule.Matches(spelling.model)) return {price, &rule};
    }
  }
  return {};
}

const ModelPrice* PriceLayer::Get(std::string_view provider, std::string_view via,
                                  std::string_view model) const {
  const auto found = providers_.find(provider);
  if (found == providers_.end()) return nullptr;
  const std::string folded = FoldedModelName(model);
  const auto of_id = found->second.by_id.find(std::string_view(folded));
  if (of_id == found->second.by_id.end()) return nullptr;
  for (const ModelPrice* price : of_id->second) {
    if (price->via == via) return price;
  }
  return nullptr;
}

}  // namespace junctor::engine
