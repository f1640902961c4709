#include "tests/differential/report.h"

#include <cstdlib>

#include "runtime/program/disassembler.h"
#include "tests/differential/request_generator.h"

namespace junctor::differential {

uint64_t Seed() {
  const char* seed = std::getenv("JUNCTOR_SEED");
  return seed == nullptr ? 20240501 : std::strtoull(seed, nullptr, 10);
}

uint64_t Iterations(uint64_t count) {
  const char* factor = std::getenv("JUNCTOR_ITERATIONS");
  return factor == nullptr
             ? count
             : static_cast<uint64_t>(static_cast<double>(count) * std::strtod(factor, nullptr));
}

std::string Report(uint64_t seed, const std::string& what, const std::string& route,
                   const oracle::RequestText& request, const std::string& judge,
                   const std::string& product, const Program& program) {
  return what + " differs from the judge (case seed " + std::to_string(seed) + ")\n--- route\n" +
         route + "\n--- request\n" + RequestToText(request) + "--- judge\n" + judge +
         "\n--- product\n" + product + "\n--- program\n" + Disassemble(program);
}

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace junctor::differential
