// Random numbers of a thread, and the ids of requests that are made of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace junctor::engine {

// A fast generator (xoshiro256**) of uniform 64-bit numbers: for ids, draws and jitter, never for
// secrets. One per thread.
class RandomSource {
 public:
  // Seeded by the operating system.
  RandomSource();
  // The same numbers for the same seed: for tests and `junctor explain`.
  explicit RandomSource(uint64_t seed);

  uint64_t Next();

 private:
  std::array<uint64_t, 4> state_;
};

// Length of an id.
inline constexpr size_t kIdLength = 26;

// A ULID: 48 bits of milliseconds since the epoch, then 80 random bits, in Crockford's base 32. So
// ids sort by time, and two are equal with a chance of 2^-80 within one millisecond.
std::string MakeId(uint64_t unix_milliseconds, RandomSource* random);

// Writes the same into `out`, without allocation.
void WriteId(uint64_t unix_milliseconds, RandomSource* random, std::array<char, kIdLength>* out);

}  // namespace junctor::engine
