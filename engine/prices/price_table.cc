// See price_table.h.
#include "engine/prices/price_table.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "engine/prices/built_in_prices.h"
#include "engine/prices/price_reader.h"
#include "engine/prices/spellings.h"

namespace junctor::engine {
namespace {

// `below` with the entries that `above` replaces replaced.
std::shared_ptr<const PriceLayer> Replaced(const PriceLayer& below, const PriceLayer& above) {
  PriceLayer::Entries entries;
  for (const std::shared_ptr<const ModelPrice>& entry : below.entries()) {
    const ModelPrice* other = above.Get(entry->provider, entry->via, entry->model);
    if (other == nullptr) {
      entries.push_back(entry);
    } else if (!other->has_match) {
      auto replacement = std::make_shared<ModelPrice>(*other);
      replacement->match = entry->match;
      replacement->has_match = entry->has_match;
      entries.push_back(std::move(replacement));
    }
  }
  return std::make_shared<PriceLayer>(std::move(entries));
}

}  // namespace

absl::StatusOr<PriceTable> PriceTable::Parse(std::string_view json) {
  absl::StatusOr<PriceLayer::Entries> entries = ReadPriceFile(json);
  if (!entries.ok()) return entries.status();
  std::vector<std::shared_ptr<const PriceLayer>> layers;
  layers.push_back(std::make_shared<PriceLayer>(std::move(*entries)));
  return PriceTable(std::move(layers));
}

const PriceTable& PriceTable::BuiltIn() {
  static const PriceTable* const table = [] {
    absl::StatusOr<PriceTable> parsed = Parse(BuiltInPrices());
    if (!parsed.ok()) {  // the build put it there and a test reads it
      std::cerr << "error: the built-in price table: " << parsed.status().message() << '\n';
      std::abort();
    }
    return new PriceTable(std::move(*parsed));
  }();
  return *table;
}

bool PriceTable::IsBuiltIn(const ModelPrice& price) {
  static const PriceSource* const source = BuiltIn().Entries().front()->source.get();
  return price.source.get() == source;
}

PriceTable PriceTable::WithOverrides(const PriceTable& overrides) const {
  std::vector<std::shared_ptr<const PriceLayer>> layers = overrides.layers_;
  for (const std::shared_ptr<const PriceLayer>& layer : layers_) {
    std::shared_ptr<const PriceLayer> below = layer;
    for (const std::shared_ptr<const PriceLayer>& above : overrides.layers_) {
      below = Replaced(*below, *above);
    }
    layers.push_back(std::move(below));
  }
  return PriceTable(std::move(layers));
}

const ModelPrice* PriceTable::Find(std::string_view provider, std::string_view model) const {
  if (model.size() > kMaxLookupBytes || provider.size() > kMaxProviderBytes) return nullptr;
  if (const std::optional<const ModelPrice*> known = cache_->Get(provider, model)) return *known;
  const ModelPrice* price = Match(provider, model).price;
  cache_->Put(provider, model, price);
  return price;
}

const ModelPrice* PriceTable::FindForAnswer(std::string_view provider,
                                            std::string_view answered_model,
                                            std::string_view requested_model) const {
  if (!answered_model.empty()) {
    if (const ModelPrice* price = Find(provider, answered_model)) return price;
  }
  return Find(provider, requested_model);
}

PriceMatch PriceTable::Match(std::string_view provider, std::string_view model) const {
  if (model.size() > kMaxLookupBytes || provider.size() > kMaxProviderBytes) return {};
  const std::vector<ModelSpelling> spellings = SpellingsOf(provider, model);
  // All spellings of one provider and back end go through a layer before the next: an operator's
  // entry for a bare name wins over a built-in one for the full name.
  const auto same = [](const ModelSpelling& a, const ModelSpelling& b) {
    return a.provider == b.provider && a.via == b.via;
  };
  for (size_t begin = 0, end = 0; begin < spellings.size(); begin = end) {
    while (end < spellings.size() && same(spellings[end], spellings[begin])) ++end;
    for (const std::shared_ptr<const PriceLayer>& layer : layers_) {
      for (size_t i = begin; i < end; ++i) {
        const PriceMatch match = layer->Search(spellings[i]);
        if (match.price != nullptr) return match;
      }
    }
  }
  return {};
}

std::vector<const ModelPrice*> PriceTable::Entries() const {
  std::vector<const ModelPrice*> entries;
  for (const std::shared_ptr<const PriceLayer>& layer : layers_) {
    for (const std::shared_ptr<const ModelPrice>& entry : layer->entries()) {
      // A replacement stands in both layers.
      const bool listed =
          std::any_of(layers_.begin(), std::find(layers_.begin(), layers_.end(), layer),
                      [&entry](const std::shared_ptr<const PriceLayer>& above) {
                        return above->Get(entry->provider, entry->via, entry->model) != nullptr;
                      });
      if (!listed) entries.push_back(entry.get());
    }
  }
  return entries;
}

}  // namespace junctor::engine
