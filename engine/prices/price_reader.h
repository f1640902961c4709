// Price files: JSON text to entries.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/prices/model_price.h"

namespace junctor::engine {

// What a price file may hold. The built-in one has 250 KB, 1,378 entries, 12 rules in one entry and
// 28 regular expressions; an operator's may have tens of times that, and no more, since a table
// stays in memory and a search walks over a provider's rules.
inline constexpr size_t kMaxPriceFileBytes = 16 << 20;
inline constexpr size_t kMaxPriceEntries = 20'000;
inline constexpr size_t kMaxRulesOfEntry = 64;
inline constexpr size_t kMaxRegexesOfFile = 1'000;
inline constexpr size_t kMaxVariantsOfEntry = 32;  // tiers, changes, windows: of each
inline constexpr size_t kMaxProviderBytes = 64;
inline constexpr size_t kMaxModelBytes = 256;

// Reads a file of the form that data/model-prices.json has: `models`, and a `header` that may be
// missing. InvalidArgument says which entry (counted from 1) and field is wrong, and what was
// expected: also for fields that are not known, since a misspelt price would make a model free.
absl::StatusOr<std::vector<std::shared_ptr<const ModelPrice>>> ReadPriceFile(std::string_view json);

}  // namespace junctor::engine
