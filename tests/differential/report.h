// How much to test, and what to print when the product and the judge differ.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/program/program.h"
#include "tests/oracle/request_document.h"

namespace junctor::differential {

// JUNCTOR_SEED, or the fixed seed of every day.
uint64_t Seed();
// `count` times JUNCTOR_ITERATIONS.
uint64_t Iterations(uint64_t count);
// Mismatches after which a test stops: the first few say it all.
inline constexpr int kMostReports = 5;

// All that is needed to see and repeat a mismatch. `what` names the variant that differs from the
// judge.
std::string Report(uint64_t seed, const std::string& what, const std::string& route,
                   const oracle::RequestText& request, const std::string& judge,
                   const std::string& product, const Program& program);

std::string Lines(const std::vector<std::string>& lines);

}  // namespace junctor::differential
