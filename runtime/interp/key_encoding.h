// Field values as bytes: what sticky splits hash (R13) and what limits name their buckets by (R17).
// Both outlive a process, so the encoding never changes: docs/keys.md says the same to readers.
//
//   missing  'm'
//   null     'n'
//   boolean  'f' | 't'
//   integer  'i' int64: every number that is whole and within int64, however it is written
//   double   'd' IEEE 754 bits: any other number
//   string   's' size bytes
//   array    'a' count items...
//   object   'o' count (size key, value)...
//   several  'A' count values...: what a path through an array leads to, unless it is one value
//
// Sizes and counts are 32 bits; all integers are little-endian. No encoding is the beginning of
// another, so a sequence of them is unambiguous.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/program/field.h"
#include "runtime/program/value.h"
#include "runtime/request/slots.h"

namespace junctor {

// Longest encoding of one field in a limit's key. A longer one is replaced by 'H', its size in 64
// bits and its XXH3 128-bit hash, so that a caller can't make keys of megabytes.
inline constexpr size_t kMaxKeyFieldBytes = 256;

// Appends the encoding of `value`. Recurses as deep as the value nests (kMaxReadDepth).
void AppendEncoded(const Value& value, std::string* out);

// Appends the encoding of what `field` is in `slot`. False, with 'm' appended, where that is
// missing.
bool AppendField(const Field& field, const Slot& slot, std::string* out);

// Appends a value of a limit's key that is no field's: as AppendEncoded, and hashed where it is too
// long.
void AppendKeyValue(const Value& value, std::string* out);

// Sets `key` to the bucket of the fields `slots` (R17): their encodings one after another, long
// ones hashed; "" where all are missing or there are none.
void EncodeLimitKey(std::span<const uint16_t> slots, const Program& program, SlotFrame* frame,
                    std::string* key);

// The stable hash of a sticky split (R13): XXH64, with the split's seed (XXH64 of route name, NUL,
// element id), of the encoding of `field` in `slot`. False where the field is missing.
bool HashSplitKey(const Field& field, const Slot& slot, uint64_t seed, uint64_t* hash);

// The share that a uniform 64-bit number falls on, in 1/10000 % from 0 to kShareTotal - 1: the high
// half of number × kShareTotal.
constexpr uint32_t ShareOf(uint64_t uniform) {
  const uint64_t low = (uniform & 0xffffffff) * kShareTotal;
  const uint64_t high = (uniform >> 32) * kShareTotal;
  return static_cast<uint32_t>((high + (low >> 32)) >> 32);
}

}  // namespace junctor
