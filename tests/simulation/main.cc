// limit_simulation: many simulated hours of gateways and their limits, one seed after another.
// tests/simulation/README.md says what it checks.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"
#include "tests/simulation/shrink.h"
#include "tests/simulation/world.h"

namespace junctor::simulation {
namespace {

constexpr size_t kDefaultRequests = 500;
// Runs that a failure is made small in.
constexpr size_t kShrinkRuns = 5000;

constexpr const char* kUsage =
    "usage: limit_simulation [--seed N | --seeds A..B | --seconds N | --kept FILE]\n"
    "                        [--requests N] [--break FAULT] [--trace] [--whole]\n"
    "  --seed N      runs one seed\n"
    "  --seeds A..B  runs these seeds\n"
    "  --seconds N   runs fresh seeds for so long\n"
    "  --kept FILE   runs the seeds in a file twice: each line is a seed, a number of requests\n"
    "                and a comment\n"
    "  --requests N  of each seed; 500\n"
    "  --break FAULT puts a fault in; succeeds when it is found\n"
    "  --trace       prints what happens\n"
    "  --whole       does not make a run that fails small\n";

struct Options {
  std::vector<uint64_t> range;  // first and last
  std::optional<uint64_t> seconds;
  std::string kept;
  uint64_t requests = kDefaultRequests;
  RunOptions run;
  bool is_whole = false;
};

struct Totals {
  uint64_t seeds = 0;
  uint64_t requests = 0;
  uint64_t events = 0;
  uint64_t asks = 0;
  uint64_t checks = 0;
  uint64_t beyond_holds = 0;
};

std::optional<uint64_t> NumberOf(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return number;
}

std::optional<Options> Parse(const std::vector<std::string>& words) {
  Options options;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--trace") {
      options.run.prints = true;
      continue;
    }
    if (word == "--whole") {
      options.is_whole = true;
      continue;
    }
    if (i + 1 == words.size()) return std::nullopt;
    const std::string& value = words[++i];
    if (word == "--kept") {
      options.kept = value;
    } else if (word == "--break") {
      const auto found = BreaksByName().find(value);
      if (found == BreaksByName().end()) return std::nullopt;
      options.run.broken = found->second;
    } else if (word == "--seeds") {
      const size_t dots = value.find("..");
      if (dots == std::string::npos) return std::nullopt;
      const auto first = NumberOf(std::string_view(value).substr(0, dots));
      const auto last = NumberOf(std::string_view(value).substr(dots + 2));
      if (!first.has_value() || !last.has_value() || *first > *last) return std::nullopt;
      options.range = {*first, *last};
    } else {
      const std::optional<uint64_t> number = NumberOf(value);
      if (!number.has_value()) return std::nullopt;
      if (word == "--seed") {
        options.range = {*number, *number};
      } else if (word == "--seconds") {
        options.seconds = *number;
      } else if (word == "--requests" && *number < (uint64_t{1} << 31)) {
        options.requests = *number;
      } else {
        return std::nullopt;
      }
    }
  }
  const int ways = (options.range.empty() ? 0 : 1) + (options.seconds.has_value() ? 1 : 0) +
                   (options.kept.empty() ? 0 : 1);
  if (ways != 1) return std::nullopt;
  return options;
}

void Report(uint64_t seed, uint64_t requests, const RunResult& result, const Options& options) {
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), result.failure->c_str());
  if (!options.is_whole) {
    RunOptions quiet = options.run;
    quiet.prints = false;
    quiet.asks_per_audit = 1;
    const Plan small = Shrink(MakePlan(seed, requests), quiet, kShrinkRuns);
    std::printf("smaller: %zu requests, %zu faults\n", small.requests.size(), small.faults.size());
    for (const std::vector<std::string>& route : small.routes) {
      for (const std::string& text : route) std::printf("%s", text.c_str());
    }
    RunOptions loud = quiet;
    loud.prints = true;
    const RunResult again = RunPlan(small, loud);
    std::printf("fails with: %s\n", again.failure.value_or("nothing").c_str());
  }
  std::printf("replay: limit_simulation --seed %llu --requests %llu --trace\n",
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(requests));
}

// False: it failed.
bool RunSeed(uint64_t seed, uint64_t requests, const Options& options, bool twice, Totals* totals) {
  const Plan plan = MakePlan(seed, requests);
  const RunResult result = RunPlan(plan, options.run);
  ++totals->seeds;
  totals->requests += requests;
  totals->events += result.events;
  totals->asks += result.asks;
  totals->checks += result.checks;
  totals->beyond_holds += result.beyond_holds;
  if (result.failure.has_value()) {
    Report(seed, requests, result, options);
    return false;
  }
  if (!options.range.empty() && options.range[0] == options.range[1]) {
    std::printf("seed %llu: trace %016llx\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(result.hash));
  }
  if (twice && RunPlan(plan, options.run).hash != result.hash) {
    std::printf("seed %llu: another run of it went another way\n",
                static_cast<unsigned long long>(seed));
    return false;
  }
  return true;
}

bool RunKept(const Options& options, Totals* totals) {
  std::ifstream file(options.kept);
  if (!file) {
    std::printf("can't read `%s`\n", options.kept.c_str());
    return false;
  }
  bool is_good = true;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    uint64_t seed = 0;
    uint64_t requests = 0;
    if (line.empty() || line[0] == '#') continue;
    if (!(words >> seed >> requests)) {
      std::printf("%s: `%s` is no seed with a number of requests\n", options.kept.c_str(),
                  line.c_str());
      return false;
    }
    is_good = RunSeed(seed, requests, options, /*twice=*/true, totals) && is_good;
  }
  return is_good;
}

bool RunAll(const Options& options, Totals* totals) {
  if (!options.kept.empty()) return RunKept(options, totals);
  if (options.seconds.has_value()) {
    const absl::Time until = absl::Now() + absl::Seconds(static_cast<int64_t>(*options.seconds));
    // Mixed, so that programs that begin together have seeds of their own.
    const uint64_t first =
        Random::SeedOf(static_cast<uint64_t>(absl::GetCurrentTimeNanos()), 0) >> 16;
    std::printf("fresh seeds from %llu on\n", static_cast<unsigned long long>(first));
    for (uint64_t seed = first; absl::Now() < until; ++seed) {
      if (!RunSeed(seed, options.requests, options, /*twice=*/false, totals)) return false;
    }
    return true;
  }
  for (uint64_t seed = options.range[0]; seed <= options.range[1]; ++seed) {
    if (!RunSeed(seed, options.requests, options, /*twice=*/false, totals)) return false;
  }
  return true;
}

int Main(const std::vector<std::string>& words) {
  const std::optional<Options> options = Parse(words);
  if (!options.has_value()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  Totals totals;
  const bool is_good = RunAll(*options, &totals);
  std::printf(
      "%llu seeds, %llu requests, %llu events; %llu questions and %llu windows checked; "
      "%llu charges above what was held, by answers that were too long or after a lease\n",
      static_cast<unsigned long long>(totals.seeds),
      static_cast<unsigned long long>(totals.requests),
      static_cast<unsigned long long>(totals.events), static_cast<unsigned long long>(totals.asks),
      static_cast<unsigned long long>(totals.checks),
      static_cast<unsigned long long>(totals.beyond_holds));
  if (options->run.broken == Break::kNothing) return is_good ? 0 : 1;
  std::puts(is_good ? "the fault was not found" : "the fault was found");
  return is_good ? 1 : 0;
}

}  // namespace
}  // namespace junctor::simulation

int main(int argc, char** argv) {
  return junctor::simulation::Main(std::vector<std::string>(argv + 1, argv + argc));
}
