// Whole routes: judge = optimised program = plain program = program from a file, on random routes,
// requests and worlds.
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "tests/differential/product.h"
#include "tests/differential/report.h"
#include "tests/differential/request_generator.h"
#include "tests/differential/route_generator.h"
#include "tests/fuzz/hostile_run.h"
#include "tests/oracle/json.h"

namespace junctor::differential {
namespace {

constexpr uint64_t kRoutes = 1500;
constexpr int kRunsPerRoute = 6;

// Draws may be left out where they decide nothing; nothing else may.
std::vector<std::string> WithoutDraws(const std::vector<std::string>& steps) {
  std::vector<std::string> kept;
  for (const std::string& step : steps) {
    if (!step.starts_with("draw ")) kept.push_back(step);
  }
  return kept;
}

// That the product's keys of buckets and sticky splits tell the same values apart as the judge's
// (R13, R17).
class KeyBook {
 public:
  // Whether `judge` and `product` belong together, after all that was seen before. `scope`
  // separates elements that may differ.
  bool Agrees(const std::string& scope, const std::string& judge, const std::string& product) {
    if (judge.empty() != product.empty()) return false;
    const auto by_judge = by_judge_.try_emplace(scope + judge, product).first;
    const auto by_product = by_product_.try_emplace(scope + product, judge).first;
    return by_judge->second == product && by_product->second == judge;
  }

  // Whether a sticky split of `element` always drew the same for `key`.
  bool DrawsAlike(const std::string& element, const std::string& key, uint32_t draw) {
    return draws_.try_emplace({element, key}, draw).first->second == draw;
  }

 private:
  std::map<std::string, std::string> by_judge_;
  std::map<std::string, std::string> by_product_;
  std::map<std::pair<std::string, std::string>, uint32_t> draws_;
};

// What differs between the judge and a run of the product, or "".
std::string Difference(const oracle::Run& judge, const oracle::Run& product, bool with_draws,
                       KeyBook* keys) {
  const bool same = with_draws ? judge.steps == product.steps
                               : WithoutDraws(judge.steps) == WithoutDraws(product.steps);
  if (!same) return "steps";
  for (size_t i = 0; i < judge.limit_keys.size(); ++i) {
    const std::string arity =
        std::to_string(std::count(judge.limit_keys[i].begin(), judge.limit_keys[i].end(), ';'));
    if (!keys->Agrees(arity + "/", judge.limit_keys[i], product.limit_keys[i])) return "limit keys";
  }
  return "";
}

TEST(Differential, RoutesRunAsTheJudgeSays) {
  const uint64_t seed = Seed();
  const uint64_t count = Iterations(kRoutes);
  KeyBook keys;
  std::map<std::string, uint64_t> endings;
  int reports = 0;
  for (uint64_t i = 0; i < count && reports < kMostReports; ++i) {
    Random random(seed + i);
    const std::string route_text = RandomRoute(&random);
    const Programs programs = CompileAll(route_text);
    if (!programs.errors.empty()) {
      ADD_FAILURE() << "does not compile (case seed " << seed + i << "):\n"
                    << route_text << "\n"
                    << programs.errors;
      ++reports;
      continue;
    }
    rapidjson::Document route;
    ASSERT_TRUE(oracle::ParseJson(route_text, true, &route)) << route_text;
    for (int j = 0; j < kRunsPerRoute && reports < kMostReports; ++j) {
      const oracle::RequestText text = RandomRequest(&random);
      const RuntimeRequest request(text);
      const oracle::RequestDocument document(text);
      SeededWorld world(random.Next(), route.HasMember("deadline"));
      const oracle::Run traced = RunProgram(programs.plain, request.request(), &world, true);
      const oracle::Run judge = oracle::RunRoute(route, document.json(), &world);
      const std::tuple<const char*, oracle::Run, bool> runs[] = {
          {"the traced plain program", traced, true},
          {"the plain program", RunProgram(programs.plain, request.request(), &world, false), true},
          {"the optimised program",
           RunProgram(programs.optimised, request.request(), &world, false), false},
          {"the reloaded program", RunProgram(programs.reloaded, request.request(), &world, false),
           false}};
      for (const auto& [name, run, with_draws] : runs) {
        const std::string difference = Difference(judge, run, with_draws, &keys);
        if (difference.empty()) continue;
        ADD_FAILURE() << Report(seed + i, name + (": " + difference), route_text, text,
                                Lines(judge.steps) + Lines(judge.limit_keys),
                                Lines(run.steps) + Lines(run.limit_keys),
                                with_draws ? *programs.plain : *programs.optimised);
        ++reports;
        break;
      }
      for (const auto& [element, key] : world.sticky_keys) {
        EXPECT_TRUE(keys.DrawsAlike(element, key, world.sticky_draws[element]))
            << "the sticky split " << element << " moved the key " << key << "\n"
            << route_text;
      }
      // Hedges, which the judge leaves to the host, keep within the bounds too.
      for (const auto& program : {programs.plain, programs.optimised}) {
        RunToEnd(program, request.request(), random.Next());
      }
      const std::string& ending = judge.steps.back();
      ++endings[ending.substr(0, ending.find(' ', sizeof("finish")))];
    }
  }
  if (reports == 0 && count > 100) {
    EXPECT_EQ(endings.size(), 4u) << "some way to end never came up";
  }
}

}  // namespace
}  // namespace junctor::differential
