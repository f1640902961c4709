// What a price costs: look-ups in the built-in table, warm and cold, and an answer's cost. A warm
// look-up must stay below 200 ns.
//
//   prices_bench --benchmark_counters_tabular=true
#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <vector>

#include "engine/prices/built_in_prices.h"
#include "engine/prices/cost.h"
#include "engine/prices/custom_cost.h"
#include "engine/prices/price_table.h"

namespace junctor::engine {
namespace {

const PriceTable& Table() { return PriceTable::BuiltIn(); }

// The same few models again and again, as routes ask for them; by several threads too.
void BM_FindWarm(benchmark::State& state) {
  const std::vector<std::string> models = {
      "gpt-5.4",    "gpt-5.6-sol-2026-07-01", "gpt-5.6-luna", "gpt-5.4-pro", "o3", "gpt-6-sol",
      "gpt-6-luna", "no-such-model-of-theirs"};
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(Table().Find("openai", models[i++ % models.size()]));
  }
}
BENCHMARK(BM_FindWarm)->Threads(1)->Threads(2);

// What stands behind the cache: an id, a rule, a name that nothing matches.
void Match(benchmark::State& state, const char* provider, const char* model) {
  for (auto _ : state) benchmark::DoNotOptimize(Table().Match(provider, model));
}
BENCHMARK_CAPTURE(Match, id, "openai", "gpt-5.4");
BENCHMARK_CAPTURE(Match, rule, "anthropic", "claude-opus-4-1-20250805");
BENCHMARK_CAPTURE(Match, late_regex, "openai", "gpt-6-sol-2026-10-01");
BENCHMARK_CAPTURE(Match, unknown_of_openai, "openai", "no-such-model-of-theirs");
BENCHMARK_CAPTURE(Match, unknown_of_openrouter, "openrouter", "no/such-model-of-theirs");
BENCHMARK_CAPTURE(Match, unknown_of_bedrock, "aws-bedrock", "us.no.such-model-of-theirs");

void BM_CostOf(benchmark::State& state) {
  const ModelPrice* price = Table().Find("anthropic", "claude-sonnet-4-5");
  Usage usage;
  usage.input = 250'000;
  usage.cached_read = 200'000;
  usage.cache_write = 1'000;
  usage.output = 700;
  for (auto _ : state) benchmark::DoNotOptimize(CostOf(*price, usage, 1'795'226'400));
}
BENCHMARK(BM_CostOf);

void BM_ParseCustomCost(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        ParseCustomCost(R"({"per_token_in":0.000001,"per_token_out":0.000002})"));
  }
}
BENCHMARK(BM_ParseCustomCost);

void BM_ParseTable(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(PriceTable::Parse(BuiltInPrices()));
}
BENCHMARK(BM_ParseTable)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace junctor::engine
