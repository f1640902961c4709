// Random JSON text over a small vocabulary, so that conditions and requests meet often. Seeded: one
// seed, one text.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace junctor::differential {

// A small seeded generator (splitmix64).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next();
  // Below `bound`, which is not 0.
  size_t Below(size_t bound) { return static_cast<size_t>(Next() % bound); }
  // True in `percent` of a hundred cases.
  bool Chance(size_t percent) { return Below(100) < percent; }
  std::string_view Pick(std::initializer_list<std::string_view> texts);
  std::string_view Pick(const std::vector<std::string_view>& texts) {
    return texts[Below(texts.size())];
  }

 private:
  uint64_t state_;
};

// JSON texts of one kind each. Numbers and strings come in random spellings of the same values; no
// object has a key twice.
std::string RandomNumber(Random* random);
std::string RandomString(Random* random);
std::string RandomScalar(Random* random);
// Any value, at most `depth` arrays or documents deep.
std::string RandomValue(Random* random, int depth);
std::string RandomArray(Random* random, int depth);
std::string RandomObject(Random* random, int depth);

// `text` as a JSON string, some characters as escapes where `random` is given.
std::string Quoted(std::string_view text, Random* random = nullptr);

}  // namespace junctor::differential
