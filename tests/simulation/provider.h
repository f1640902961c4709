// Providers that fail in every way that the route language knows (R20–R24): what one attempt at a
// model will do, drawn when it begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/prices/estimate.h"
#include "engine/prices/price_table.h"
#include "engine/providers/chat/usage.h"
#include "runtime/program/error_class.h"
#include "runtime/program/program_parts.h"
#include "tests/simulation/random.h"
#include "tests/simulation/scheduler.h"

namespace junctor::simulation {

// How the providers of a run are.
struct ProviderFaults {
  uint64_t fail_percent = 0;          // before the first token
  uint64_t slow_percent = 0;          // take far longer than they should
  uint64_t break_percent = 0;         // streams that break off
  uint64_t silent_percent = 0;        // answers that don't tell their usage
  uint64_t failed_usage_percent = 0;  // failures that tell a usage
  bool exceeds_max_tokens = false;    // answers may be longer than they were allowed to
};

// What one attempt does; times count from when it was sent.
struct Attempt {
  Time first_token = 0;             // or when it fails
  std::optional<ErrorClass> error;  // none: there is a first token
  std::optional<uint64_t> retry_after_ms;
  bool no_retry = false;
  Time end = 0;         // of the stream
  bool breaks = false;  // the stream ends too early
  bool tells_usage = false;
  bool tells_early = false;  // with the first token
  engine::Usage usage;
  uint64_t answer_bytes = 0;
};

// `max_tokens`: what the request allows.
Attempt DrawAttempt(const ProviderFaults& faults, const ModelSpec& model, uint64_t body_bytes,
                    std::optional<uint64_t> max_tokens, Random* random);

// The models of simulated routes. Prices are kept here a second time, as whole nano-dollars per
// token, so that a cost is known without the product's arithmetic.
struct SimModel {
  std::string_view provider;
  std::string_view model;
  uint64_t input;  // nano-dollars per token
  uint64_t output;
  bool has_price;  // false: the default price is taken
};
inline constexpr SimModel kSimModels[] = {
    {"openai", "sim-large", 2500, 10000, true},
    {"anthropic", "sim-medium", 1000, 5000, true},
    {"openai", "sim-small", 150, 600, true},
    {"mistral", "sim-unpriced", 10000, 50000, false},
};

// The table that has them.
const engine::PriceTable& SimPrices();

// What so many tokens cost.
uint64_t SimCost(std::string_view model, uint64_t input_tokens, uint64_t output_tokens);

}  // namespace junctor::simulation
