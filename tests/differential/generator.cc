#include "tests/differential/generator.h"

namespace junctor::differential {

uint64_t Random::Next() {
  state_ += 0x9e3779b97f4a7c15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::string_view Random::Pick(std::initializer_list<std::string_view> texts) {
  return texts.begin()[Below(texts.size())];
}

std::string RandomNumber(Random* random) {
  return std::string(random->Pick({"0",
                                   "0.0",
                                   "-0",
                                   "1",
                                   "1.0",
                                   "10e-1",
                                   "5",
                                   "5.0",
                                   "5e0",
                                   "0.5e1",
                                   "-5",
                                   "-5.0",
                                   "0.5",
                                   "5e-1",
                                   "2.5",
                                   "-2.5",
                                   "3",
                                   "7",
                                   "100",
                                   "1e2",
                                   "2147483647",
                                   "2147483648",
                                   "-2147483649",
                                   "9007199254740992",
                                   "9007199254740993",
                                   "9007199254740992.0",
                                   "9223372036854775807",
                                   "9223372036854775808",
                                   "-9223372036854775808",
                                   "1e19",
                                   "1e300",
                                   "0.1",
                                   "0.30000000000000004"}));
}

std::string Quoted(std::string_view text, Random* random) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool escape = byte < 0x20 || c == '"' || c == '\\' ||
                        (random != nullptr && byte < 0x80 && random->Chance(3));
    if (escape) {
      constexpr char kHex[] = "0123456789abcdef";
      quoted += "\\u00";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string RandomString(Random* random) {
  if (random->Chance(4)) return R"("\ud83d\ude00 ok")";
  return Quoted(
      random->Pick({"",           "a",       "b",       "ab", "abc",  "a.b",  "free",
                    "Free",       "gold",    "5",       "10", "true", "null", "東",
                    "東京",       "straße",  "STRASSE", "é",  "😀 ok", "a b",  "line1\nline2",
                    "say \"hi\"", "c:\\tmp", "$x"}),
      random);
}

std::string RandomScalar(Random* random) {
  // Half of all scalars are of these few, so that values meet.
  if (random->Chance(50)) {
    return std::string(
        random->Pick({"5", "5.0", "1", "true", "null", "\"a\"", "\"free\"", "\"gold\""}));
  }
  const size_t kind = random->Below(10);
  if (kind == 0) return "null";
  if (kind == 1) return "true";
  if (kind == 2) return "false";
  return kind < 6 ? RandomNumber(random) : RandomString(random);
}

std::string RandomArray(Random* random, int depth) {
  std::string text = "[";
  const size_t count = random->Below(4);
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += random->Chance(20) ? " , " : ",";
    text += RandomValue(random, depth - 1);
  }
  return text + "]";
}

std::string RandomObject(Random* random, int depth) {
  std::string text = "{";
  for (const std::string_view key : {"a", "b", "k", "0", "é"}) {
    if (!random->Chance(35)) continue;
    if (text.size() > 1) text += ",";
    text +=
        Quoted(key, random) + (random->Chance(10) ? " :\t" : ":") + RandomValue(random, depth - 1);
  }
  return text + "}";
}

std::string RandomValue(Random* random, int depth) {
  if (depth <= 0 || random->Chance(50)) return RandomScalar(random);
  return random->Chance(50) ? RandomArray(random, depth) : RandomObject(random, depth);
}

}  // namespace junctor::differential
