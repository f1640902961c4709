// The sample of conditions with known answers, whole, through `junctor eval`.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/cli/commands.h"

namespace junctor::engine {
namespace {

TEST(ConditionsSampleTest, EveryAnswerIsAsExpected) {
  const char* source = std::getenv("JUNCTOR_SOURCE_DIR");
  ASSERT_NE(source, nullptr);
  std::ifstream sample(std::string(source) + "/tests/data/conditions-sample.jsonl");
  ASSERT_TRUE(sample.is_open());
  std::vector<std::string> lines;
  std::string input;
  for (std::string line; std::getline(sample, line);) {
    lines.push_back(line);
    input += line + "\n";
  }
  ASSERT_GE(lines.size(), 400u);

  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(RunEval(Console{in, out, err}), kExitOk) << err.str();

  std::istringstream answers(out.str());
  size_t count = 0;
  for (std::string answer; std::getline(answers, answer); ++count) {
    ASSERT_LT(count, lines.size());
    rapidjson::Document line;
    line.Parse<rapidjson::kParseIterativeFlag>(lines[count].c_str());
    EXPECT_EQ(answer, line["expected"].GetBool() ? "true" : "false") << lines[count];
  }
  EXPECT_EQ(count, lines.size());
}

}  // namespace
}  // namespace junctor::engine
