// What the faulty provider does with one request, as a model's name says it: `status-503`, or
// several behaviours joined by `+` or `.`, as in `slow-body-50+cut-after-3`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace junctor::engine {

enum class BehaviourKind : uint8_t {
#define JUNCTOR_FAULTY(kind, name, what) kind,
#include "engine/faulty/behaviours.def"
#undef JUNCTOR_FAULTY
};

// One line of behaviours.def.
struct BehaviourInfo {
  BehaviourKind kind;
  std::string_view name;  // with its placeholders
  std::string_view what;
};
std::span<const BehaviourInfo> AllBehaviours();

// A set of behaviours with their numbers. Immutable.
class Behaviour {
 public:
  // What follows the last `/` of `name` counts. NotFound: some part of it is no behaviour, and
  // which; InvalidArgument: a number is too large.
  static absl::StatusOr<Behaviour> Parse(std::string_view name);

  bool Has(BehaviourKind kind) const;
  // The numbers of the first part of that kind, in the order of its name; 0 where there is none.
  uint64_t Number(BehaviourKind kind, size_t index = 0) const;

 private:
  struct Part {
    BehaviourKind kind;
    std::array<uint64_t, 2> numbers{};
  };
  const Part* Find(BehaviourKind kind) const;

  std::vector<Part> parts_;
};

}  // namespace junctor::engine
