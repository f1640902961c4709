// xoshiro256** by Blackman and Vigna (public domain), seeded through SplitMix64 as its authors
// advise; ULIDs.
#include "engine/observe/ids.h"

#include <bit>
#include <random>
#include <string_view>

namespace junctor::engine {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

uint64_t SplitMix(uint64_t* state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace

RandomSource::RandomSource() {
  std::random_device device;
  for (uint64_t& word : state_) word = (uint64_t{device()} << 32) | device();
  state_[0] |= 1;  // the all-zero state is the one that never leaves itself
}

RandomSource::RandomSource(uint64_t seed) {
  for (uint64_t& word : state_) word = SplitMix(&seed);
}

uint64_t RandomSource::Next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void WriteId(uint64_t unix_milliseconds, RandomSource* random, std::array<char, kIdLength>* out) {
  constexpr size_t kTimeDigits = 10;
  constexpr size_t kHalfDigits = (kIdLength - kTimeDigits) / 2;  // 40 random bits
  const auto write = [out](size_t from, size_t count, uint64_t bits) {
    for (size_t i = from + count; i-- > from; bits >>= 5) (*out)[i] = kCrockford[bits & 31];
  };
  write(0, kTimeDigits, unix_milliseconds & 0xFFFFFFFFFFFFu);
  write(kTimeDigits, kHalfDigits, random->Next() >> 24);
  write(kTimeDigits + kHalfDigits, kHalfDigits, random->Next() >> 24);
}

std::string MakeId(uint64_t unix_milliseconds, RandomSource* random) {
  std::array<char, kIdLength> id;
  WriteId(unix_milliseconds, random, &id);
  return std::string(id.data(), id.size());
}

}  // namespace junctor::engine
