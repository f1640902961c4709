// Each pair of elements in this folder (`x.before`, `x.after`) has its difference beside it
// (`x.diff`).
#include <gtest/gtest.h>

#include "engine/control/route_diff.h"
#include "tests/golden/golden_file.h"

namespace junctor::engine {
namespace {

using junctor::testing::ExpectGolden;
using junctor::testing::FilesWith;
using junctor::testing::GoldenFolder;
using junctor::testing::ReadWholeFile;

// A line for each entry, so that a changed golden file is easy to read.
std::string Lines(const std::string& json) {
  std::string out;
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < json.size(); ++i) {
    out += json[i];
    if (json[i] == '"' && json[i - 1] != '\\') quoted = !quoted;
    if (quoted) continue;
    if (json[i] == '{' || json[i] == '[') ++depth;
    if (json[i] == '}' || json[i] == ']') --depth;
    if (json[i] == ',' && depth <= 2) out += "\n" + std::string(static_cast<size_t>(depth), ' ');
  }
  return out + "\n";
}

TEST(RouteDiffGolden, EveryPairHasItsDifference) {
  const auto files = FilesWith(GoldenFolder("route_diff"), ".before");
  ASSERT_FALSE(files.empty());
  for (auto file : files) {
    const std::string before = ReadWholeFile(file);
    const std::string after = ReadWholeFile(file.replace_extension(".after"));
    ExpectGolden(file.replace_extension(".diff"),
                 Lines(RenderRouteDiffJson(DiffRoutes({before}, {after}), "v1", "v2")));
  }
}

}  // namespace
}  // namespace junctor::engine
