// The compiler and the runtime have no clock and no chance, and tests don't either: both come in
// through the engine.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/structure/source_files.h"

namespace junctor::structure {
namespace {

// In two parts, so that this file does not hold what it looks for.
const std::string kForbidden[] = {
    std::string("steady_clock::") + "now",
    std::string("system_clock::") + "now",
    std::string("high_resolution_clock::") + "now",
    std::string("random_") + "device",
    std::string("clock_") + "gettime",
    std::string("gettime") + "ofday",
};

// The engine's own tests wait for the operating system: sockets, files, processes.
bool MayKnowTheTime(const SourceFile& file) {
  return file.folder == "tests/support" || file.folder == "tests/e2e" ||
         file.path.starts_with("tests/unit/engine/");
}

TEST(Structure, TimeAndChanceComeFromTheEngine) {
  for (const SourceFile& file : SourceFiles({"compiler", "runtime", "tests"})) {
    if (MayKnowTheTime(file)) continue;
    for (size_t i = 0; i < file.lines.size(); ++i) {
      for (const std::string& word : kForbidden) {
        EXPECT_EQ(file.lines[i].find(word), std::string::npos)
            << file.path << ":" << i + 1 << ": " << word
            << " belongs into engine/; take the time or the number as a parameter";
      }
    }
  }
}

}  // namespace
}  // namespace junctor::structure
