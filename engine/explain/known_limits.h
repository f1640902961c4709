// What limits have counted when an explained request comes, and what they would say to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/config/provider_record.h"
#include "engine/limits/limit_backend.h"
#include "engine/prices/price_book.h"
#include "runtime/program/program.h"
#include "runtime/program/program_parts.h"
#include "runtime/request/request.h"

namespace junctor::engine {

// The state of a route's limits. A window without a row has counted nothing.
struct KnownLimits {
  int64_t unix_nanoseconds = 0;  // when the request comes
  std::vector<LimitRow> rows;
  PriceBook prices = PriceBook();  // what calls cost; without a table nothing is said of holds
  const std::vector<ProviderRecord>* providers = nullptr;  // whose aliases routes may use
  std::shared_ptr<const PriceTable> own_table = nullptr;   // what `prices` views, if somebody must
};

// What a limit would say, and on what grounds: amounts are requests or nano-dollars, before the
// request takes any.
struct LimitOutlook {
  bool admitted = true;
  uint64_t limit = 0;  // with what was granted
  uint64_t spent = 0;
  uint64_t held = 0;
  uint64_t left = 0;
  uint64_t retry_after_ms = 0;    // refused
  std::optional<uint64_t> holds;  // a limit with `reserve`: what it holds for the request
  bool too_large = false;         // refused since that is above the whole limit
};

// Asks the arithmetic of runtime/limits. Rows say how much was spent, not when: a sliding window is
// taken to have counted all of it as late as its `reset_ns` allows (where that is 0: when the
// request comes), so that its retry-after is the longest that the row allows.
// `estimate` is what a limit with `reserve` would hold; where it is not known, the limit admits
// while anything is left.
LimitOutlook OutlookOf(const LimitSpec& limit, std::string_view element, std::string_view key,
                       const KnownLimits& known, std::optional<uint64_t> estimate = std::nullopt);

// What a limit with `reserve` holds for a request when it passes: as much as the dearest call of
// the program can cost. Nothing where no prices are known.
std::optional<uint64_t> HoldOf(const Program& program, const Request& request,
                               const KnownLimits& known);

}  // namespace junctor::engine
