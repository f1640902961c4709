// The chance of a simulation: streams of numbers that depend on their seed alone. Every request,
// fault and message has a stream of its own, so that leaving one out changes no other.
#pragma once

#include <cstdint>

namespace junctor::simulation {

// SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() { return Mix(state_ += kStep); }
  // Uniform in [0, bound); 0 for 0.
  uint64_t Below(uint64_t bound) { return bound == 0 ? 0 : Next() % bound; }
  // Uniform in [low, high].
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  // True in `percent` of a hundred cases.
  bool Percent(uint64_t percent) { return Below(100) < percent; }

  // The seed of a stream that belongs to `seed` and `number`.
  static uint64_t SeedOf(uint64_t seed, uint64_t number) {
    return Mix(seed + kStep * (2 * number + 1));
  }

 private:
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
  static uint64_t Mix(uint64_t number) {
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
    return number ^ (number >> 31);
  }

  uint64_t state_;
};

}  // namespace junctor::simulation
