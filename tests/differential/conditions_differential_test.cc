// Conditions: judge = optimised program = plain program = program from a file, on random conditions
// and requests.
#include <gtest/gtest.h>

#include "tests/differential/condition_generator.h"
#include "tests/differential/product.h"
#include "tests/differential/report.h"
#include "tests/differential/request_generator.h"
#include "tests/oracle/condition.h"
#include "tests/oracle/json.h"

namespace junctor::differential {
namespace {

constexpr uint64_t kConditions = 3000;
constexpr int kRequestsPerCondition = 8;

std::string RouteAround(const std::string& condition) {
  return R"({"name":"r","elements":[
  {"id":"start","type":"start","outputs":{"next":{"elementId":"if"}}},
  {"id":"if","type":"conditional","properties":{"conditions":)" +
         condition + R"(},
   "outputs":{"true":{"elementId":"yes"},"false":{"elementId":"end"}}},
  {"id":"yes","type":"model","properties":{"provider":"demo","model":"echo"},"outputs":{"success":{"elementId":"end"}}},
  {"id":"end","type":"end"}]})";
}

bool TakesTrue(const std::shared_ptr<const Program>& program, const Request& request) {
  SeededWorld world(0, false);
  return RunProgram(program, request, &world, false).steps.front().starts_with("call yes");
}

TEST(Differential, ConditionsMatchAsTheJudgeSays) {
  const uint64_t seed = Seed();
  const uint64_t count = Iterations(kConditions);
  int reports = 0;
  uint64_t trues = 0;
  for (uint64_t i = 0; i < count && reports < kMostReports; ++i) {
    Random random(seed + i);
    const std::string condition_text = RandomCondition(&random, 3);
    const std::string route = RouteAround(condition_text);
    const Programs programs = CompileAll(route);
    if (!programs.errors.empty()) {
      ADD_FAILURE() << "does not compile (case seed " << seed + i << "): " << condition_text << "\n"
                    << programs.errors;
      ++reports;
      continue;
    }
    rapidjson::Document condition;
    ASSERT_TRUE(oracle::ParseJson(condition_text, false, &condition)) << condition_text;
    for (int j = 0; j < kRequestsPerCondition && reports < kMostReports; ++j) {
      const oracle::RequestText text = RandomRequest(&random);
      const oracle::RequestDocument document(text);
      const bool expected = oracle::Matches(condition, document.json());
      trues += expected ? 1 : 0;
      const RuntimeRequest request(text);
      const std::pair<const char*, const std::shared_ptr<const Program>*> variants[] = {
          {"the plain program", &programs.plain},
          {"the optimised program", &programs.optimised},
          {"the reloaded program", &programs.reloaded}};
      for (const auto& [name, program] : variants) {
        const bool actual = TakesTrue(*program, request.request());
        if (actual == expected) continue;
        ADD_FAILURE() << Report(seed + i, name, condition_text, text, expected ? "true" : "false",
                                actual ? "true" : "false", **program);
        ++reports;
        break;
      }
    }
  }
  if (reports == 0) {  // a generator whose conditions never match, or always, tests nothing
    EXPECT_GT(trues, count * kRequestsPerCondition / 6);
    EXPECT_LT(trues, count * kRequestsPerCondition * 5 / 6);
  }
}

}  // namespace
}  // namespace junctor::differential
