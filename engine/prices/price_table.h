// The price table: what each model of each provider costs. Where an answer's cost begins.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/prices/lookup_cache.h"
#include "engine/prices/model_price.h"
#include "engine/prices/price_layer.h"

namespace junctor::engine {

// Immutable but for its cache; any thread may use it. Entries that it gives out live as long as the
// table. Not copied: a table belongs to who made it.
class PriceTable {
 public:
  // Longest name of a model that is looked up; a longer one has no price. Names come from callers.
  static constexpr size_t kMaxLookupBytes = 512;

  // A table from a file of the form that data/model-prices.json has. InvalidArgument: see
  // ReadPriceFile.
  static absl::StatusOr<PriceTable> Parse(std::string_view json);

  // The table that was built in, data/model-prices.json, read when it is first asked for.
  static const PriceTable& BuiltIn();

  // Whether an entry is one of the built-in table.
  static bool IsBuiltIn(const ModelPrice& price);

  // This table with `overrides` before it. Its entries win: of one provider they are tried first,
  // by id and by rule. One that has the id of an entry here and no `match` takes that entry's
  // place, so that it also has its spellings; with a `match` of its own, that entry is gone.
  // An entry is whole: what it does not give (tiers, context window), it does not have. Shares the
  // entries, and so outlives both.
  PriceTable WithOverrides(const PriceTable& overrides) const;

  // What a model costs, by the gateway's slug of its provider and any spelling in use: SpellingsOf;
  // for each the entry with that id, else the first of which a rule matches. Null where none does:
  // the cost is then unknown, not 0. Answers are cached: 40 ns for a name asked for lately, else up
  // to 4 µs in the built-in table (bench/micro/prices_bench.cc).
  const ModelPrice* Find(std::string_view provider, std::string_view model) const;

  // The same for an answer: the model that the provider says it used, which may be empty, then the
  // one that was asked for.
  const ModelPrice* FindForAnswer(std::string_view provider, std::string_view answered_model,
                                  std::string_view requested_model) const;

  // As Find, with how it was found; not cached.
  PriceMatch Match(std::string_view provider, std::string_view model) const;

  // All entries, in the order in which they are tried.
  std::vector<const ModelPrice*> Entries() const;

 private:
  explicit PriceTable(std::vector<std::shared_ptr<const PriceLayer>> layers)
      : layers_(std::move(layers)), cache_(std::make_unique<LookupCache>()) {}

  std::vector<std::shared_ptr<const PriceLayer>> layers_;  // the first wins
  std::unique_ptr<LookupCache> cache_;
};

}  // namespace junctor::engine
