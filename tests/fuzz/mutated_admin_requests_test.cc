// Damaged requests of the admin API meet no fault of the server's and leave no half of a change:
// what a fuzzer would do for longer, in every build.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/admin_request_check.h"

namespace junctor::engine {
namespace {

constexpr int kMutations = 4'000;

const char* const kPieces[] = {"null",
                               "true",
                               "-1",
                               "0",
                               "1e308",
                               "99999999999999999999",
                               "\"\"",
                               "[]",
                               "{}",
                               "[[[[",
                               "\"\\u0000\"",
                               "\"\\ud800\"",
                               "\xff",
                               "%00",
                               "%2F",
                               "%zz",
                               "&page=0",
                               "?per_page=100",
                               "default",
                               "validate",
                               "\"openai\"",
                               "\"id\":",
                               "\"elements\":[],",
                               "\n",
                               " ",
                               ","};

std::vector<std::string> Seeds() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(std::getenv("JUNCTOR_SOURCE_DIR")) +
                                           "/tests/fuzz/corpus/admin_request_fuzz")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const std::filesystem::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return seeds;
}

class Mutator {
 public:
  Mutator(uint32_t seed, const std::vector<std::string>& seeds) : random_(seed), seeds_(seeds) {}

  std::string Next() {
    std::string text = seeds_[Below(seeds_.size())];
    for (size_t i = Below(4); i > 0; --i) Change(&text);
    return text;
  }

 private:
  size_t Below(size_t limit) { return random_() % limit; }

  void Change(std::string* text) {
    const size_t at = Below(text->size() + 1);
    const size_t length = std::min(Below(12), text->size() - at);
    switch (Below(5)) {
      case 0:
        text->erase(at, length);
        break;
      case 1:
        text->insert(at, kPieces[Below(std::size(kPieces))]);
        break;
      case 2:
        text->replace(at, length, kPieces[Below(std::size(kPieces))]);
        break;
      case 3:
        if (at < text->size()) (*text)[at] = static_cast<char>(Below(256));
        break;
      default: {
        // The head of one request before the rest of another.
        const std::string& other = seeds_[Below(seeds_.size())];
        *text = text->substr(0, at) + other.substr(Below(other.size() + 1));
      }
    }
  }

  std::mt19937 random_;
  const std::vector<std::string>& seeds_;
};

TEST(MutatedAdminRequests, AreAnsweredOrRefusedWhole) {
  const std::vector<std::string> seeds = Seeds();
  ASSERT_GT(seeds.size(), 20u);
  for (const std::string& seed : seeds) CheckAdminRequest(seed);
  Mutator mutator(1, seeds);
  for (int i = 0; i < kMutations; ++i) CheckAdminRequest(mutator.Next());
}

}  // namespace
}  // namespace junctor::engine
