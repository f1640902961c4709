// Golden files: what a program printed when somebody last looked at it. JUNCTOR_REBASE=1 writes
// them anew; then read the diff.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace junctor::testing {

// tests/golden/<folder>.
inline std::filesystem::path GoldenFolder(std::string_view folder) {
  const char* root = std::getenv("JUNCTOR_SOURCE_DIR");
  return std::filesystem::path(root != nullptr ? root : ".") / "tests" / "golden" / folder;
}

inline std::string ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << "cannot read " << path;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The files of `folder` with this extension (".json"), by name.
inline std::vector<std::filesystem::path> FilesWith(const std::filesystem::path& folder,
                                                    std::string_view extension) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Expects `actual` to be what stands in `golden`, or writes it there.
inline void ExpectGolden(const std::filesystem::path& golden, const std::string& actual) {
  const char* rebase = std::getenv("JUNCTOR_REBASE");
  if (rebase != nullptr && std::string_view(rebase) == "1") {
    std::ofstream(golden, std::ios::binary) << actual;
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(golden)) << golden << ": run with JUNCTOR_REBASE=1";
  EXPECT_EQ(actual, ReadWholeFile(golden)) << golden;
}

}  // namespace junctor::testing
