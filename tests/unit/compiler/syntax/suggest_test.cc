// "Did you mean".
#include "compiler/syntax/suggest.h"

#include <gtest/gtest.h>

#include <string>

#include "compiler/source/limits.h"

namespace junctor::compiler {
namespace {

TEST(Suggest, FindsTyposAndOnlyThose) {
  const std::vector<std::string_view> names = {"timeout", "retries", "retryDelay", "model",
                                               "provider"};
  const struct {
    const char* name;
    const char* meant;
  } cases[] = {
      {"timout", "timeout"},
      {"tiemout", "timeout"},
      {"Timeout", "timeout"},
      {"retry_delay", "retryDelay"},
      {"retry-delay", "retryDelay"},
      {"mdoel", "model"},
      {"colour", ""},
      {"x", ""},
      {"", ""},
      {"providers", "provider"},
  };
  for (const auto& c : cases) EXPECT_EQ(ClosestName(c.name, names), c.meant) << c.name;
}

TEST(Suggest, IsSilentWhereSeveralAreEquallyClose) {
  EXPECT_EQ(ClosestName("gpt-3", {"gpt-1", "gpt-2"}), "");
  EXPECT_EQ(ClosestName("gpt-22", {"gpt-1", "gpt-2"}), "gpt-2");
}

TEST(Suggest, SearchesOfManyNamesHaveABudget) {
  std::vector<std::string> ids;
  for (size_t i = 0; i < kMaxSuggestionComparisons / 2; ++i)
    ids.push_back("e" + std::to_string(100'000 + i));
  NameIndex index(std::vector<std::string_view>(ids.begin(), ids.end()));
  for (int i = 0; i < 1000; ++i) index.Closest("f1234567");
  EXPECT_EQ(index.Closest("e10000x"), "");
}

}  // namespace
}  // namespace junctor::compiler
