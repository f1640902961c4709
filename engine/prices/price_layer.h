// The entries of one price file, by provider, and the search among them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/prices/model_price.h"
#include "engine/prices/spellings.h"

namespace junctor::engine {

// An entry that was found, and how.
struct PriceMatch {
  const ModelPrice* price = nullptr;
  const MatchRule* rule = nullptr;  // the rule that matched; null: the entry's own id
};

// Immutable; any thread may search it.
class PriceLayer {
 public:
  using Entries = std::vector<std::shared_ptr<const ModelPrice>>;

  // `entries` in the order in which their rules are tried.
  explicit PriceLayer(Entries entries);

  // The provider's entry with that id, else its first entry of which a rule matches.
  PriceMatch Search(const ModelSpelling& spelling) const;

  // The entry of exactly this provider, back end and id; or null.
  const ModelPrice* Get(std::string_view provider, std::string_view via,
                        std::string_view model) const;

  const Entries& entries() const { return entries_; }

 private:
  // Finds strings by views.
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <typename Value>
  using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

  struct OfProvider {
    std::vector<const ModelPrice*> in_order;
    TextMap<std::vector<const ModelPrice*>> by_id;  // folded ids
  };

  Entries entries_;
  TextMap<OfProvider> providers_;
};

}  // namespace junctor::engine
