#include "runtime/program/scalar_index.h"

#include <bit>
#include <cstring>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace junctor {
namespace {

// Finaliser of SplitMix64: spreads the bits of a number over the whole word.
uint64_t Mix(uint64_t word) {
  word ^= word >> 30;
  word *= 0xbf58476d1ce4e5b9u;
  word ^= word >> 27;
  word *= 0x94d049bb133111ebu;
  return word ^ (word >> 31);
}

uint32_t Hash(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString:
      return static_cast<uint32_t>(XXH3_64bits(value.string().data(), value.string().size()));
    case ValueKind::kDouble:
      return static_cast<uint32_t>(Mix(std::bit_cast<uint64_t>(value.real())));
    case ValueKind::kInt:
      return static_cast<uint32_t>(Mix(static_cast<uint64_t>(value.integer())));
    default:
      return value.boolean() ? 1 : 2;
  }
}

// Equality of two scalars whose numbers are in their one form.
bool ScalarsEqual(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case ValueKind::kString:
      return a.string() == b.string();
    case ValueKind::kDouble:
      return a.real() == b.real();
    case ValueKind::kInt:
    case ValueKind::kBool:
      return a.integer() == b.integer();
    default:
      return false;
  }
}

}  // namespace

ScalarIndex::ScalarIndex(std::vector<Value> values) : values_(std::move(values)) {
  if (values_.size() <= kLinearSize) return;
  table_.resize(std::bit_ceil(values_.size() * 2));
  const size_t mask = table_.size() - 1;
  for (uint32_t position = 0; position < values_.size(); ++position) {
    const uint32_t hash = Hash(values_[position]);
    bool settled = false;
    for (size_t probe = 0; probe < kMaxProbes && !settled; ++probe) {
      Entry& entry = table_[(hash + probe) & mask];
      if (entry.position == kNotFound) {
        entry = {hash, position};
        settled = true;
      } else if (entry.hash == hash && ScalarsEqual(values_[entry.position], values_[position])) {
        settled = true;
      }
    }
    if (!settled) overflow_.push_back(position);
  }
}

uint32_t ScalarIndex::Find(const Value& value) const {
  if (table_.empty()) {
    for (uint32_t position = 0; position < values_.size(); ++position) {
      if (ScalarsEqual(values_[position], value)) return position;
    }
    return kNotFound;
  }
  if (value.is_compound()) return kNotFound;
  const uint32_t hash = Hash(value);
  const size_t mask = table_.size() - 1;
  for (size_t probe = 0; probe < kMaxProbes; ++probe) {
    const Entry& entry = table_[(hash + probe) & mask];
    if (entry.position == kNotFound) return kNotFound;
    if (entry.hash == hash && ScalarsEqual(values_[entry.position], value)) return entry.position;
  }
  for (const uint32_t position : overflow_) {
    if (ScalarsEqual(values_[position], value)) return position;
  }
  return kNotFound;
}

}  // namespace junctor
