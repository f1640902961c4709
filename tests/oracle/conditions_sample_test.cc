// The judge against the sample of conditions with known answers: every line must agree before it
// may judge anything else.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/oracle/condition.h"
#include "tests/oracle/json.h"
#include "tests/oracle/request_document.h"

namespace junctor::oracle {
namespace {

std::string SamplePath() {
  if (const char* path = std::getenv("JUNCTOR_CONDITIONS_SAMPLE")) return path;
  const char* source = std::getenv("JUNCTOR_SOURCE_DIR");
  return std::string(source == nullptr ? "." : source) + "/tests/data/conditions-sample.jsonl";
}

TEST(Oracle, AgreesWithEveryLineOfTheConditionsSample) {
  std::ifstream file(SamplePath());
  ASSERT_TRUE(file) << "no sample at " << SamplePath();
  size_t lines = 0;
  for (std::string line; std::getline(file, line);) {
    ++lines;
    rapidjson::Document sample;
    ASSERT_TRUE(ParseJson(line, false, &sample)) << line;
    const RequestDocument request(sample["request"]);
    EXPECT_EQ(Matches(sample["condition"], request.json()), sample["expected"].GetBool())
        << SamplePath() << ":" << lines << ": " << line;
  }
  EXPECT_GE(lines, 400u);
}

}  // namespace
}  // namespace junctor::oracle
