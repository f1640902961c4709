// One entry of the price table: a model of a provider, what it costs and when.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/prices/match_rule.h"
#include "engine/prices/price_set.h"

namespace junctor::engine {

// Where a table's entries come from: its file's header.
struct PriceSource {
  std::string name;             // "genai-prices by …"; may be empty
  std::string version;          // may be empty
  std::string published;        // a date; may be empty
  uint64_t rounded_prices = 0;  // prices finer than AttoDollars, which were rounded up
};

// Prices that replace the base ones, for the whole request, once the input is larger than
// `above_input_tokens`.
struct PriceTier {
  uint64_t above_input_tokens = 0;
  PriceSet prices;
};

// Prices in force from a moment on.
struct PriceChange {
  int64_t from_unix_seconds = 0;
  std::string from;  // as written: "2027-01-01", that day's first second in UTC
  PriceSet prices;
};

// Prices in force inside a daily window: `from` belongs to it, `to` does not. A window with
// from > to goes over midnight.
struct DailyPrices {
  uint32_t from_second = 0;  // of the day, in UTC
  uint32_t to_second = 0;
  PriceSet prices;
};

// One entry. Tiers, changes and windows hold only what differs from `prices`.
struct ModelPrice {
  std::string provider;  // the gateway's slug
  std::string via;       // HuggingFace: the back end behind its router; else empty
  std::string model;     // its id
  PriceSet prices;
  std::vector<PriceTier> tiers;               // ascending
  std::vector<PriceChange> changes;           // ascending; each adds to those before it
  std::vector<DailyPrices> daily;             // the first window that the moment lies in counts
  std::optional<uint64_t> context_window;     // in tokens
  std::optional<uint64_t> max_output_tokens;  // of one answer; our own files may tell it
  bool deprecated = false;
  std::vector<MatchRule> match;  // any one is enough; the id itself always matches
  bool has_match = false;        // whether the file gave rules, be it none
  std::shared_ptr<const PriceSource> source;
};

}  // namespace junctor::engine
