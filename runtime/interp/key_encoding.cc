#include "runtime/interp/key_encoding.h"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <vector>

#include "runtime/interp/path_walk.h"

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace junctor {
namespace {

template <typename Integer>
void AppendLittleEndian(Integer value, std::string* out) {
  for (size_t i = 0; i < sizeof(Integer); ++i) {
    out->push_back(static_cast<char>((value >> (8 * i)) & 0xff));
  }
}

void AppendText(std::string_view text, std::string* out) {
  AppendLittleEndian(static_cast<uint32_t>(text.size()), out);
  out->append(text);
}

// Replaces what stands in `out` from `start` on by its hash where it is too long for a key.
void Shorten(size_t start, std::string* out) {
  const size_t size = out->size() - start;
  if (size <= kMaxKeyFieldBytes) return;
  XXH128_canonical_t digest;
  XXH128_canonicalFromHash(&digest, XXH3_128bits(out->data() + start, size));
  out->resize(start);
  out->push_back('H');
  AppendLittleEndian(uint64_t{size}, out);
  out->append(reinterpret_cast<const char*>(digest.digest), sizeof(digest.digest));
}

// As AppendField, but a long string is hashed where it stands.
bool AppendShortened(const Field& field, const Slot& slot, std::string* out) {
  const size_t start = out->size();
  const bool present = AppendField(field, slot, out);
  Shorten(start, out);
  return present;
}

}  // namespace

void AppendEncoded(const Value& value, std::string* out) {
  switch (value.kind()) {
    case ValueKind::kMissing:
      out->push_back('m');
      return;
    case ValueKind::kNull:
      out->push_back('n');
      return;
    case ValueKind::kBool:
      out->push_back(value.boolean() ? 't' : 'f');
      return;
    case ValueKind::kInt:
      out->push_back('i');
      AppendLittleEndian(static_cast<uint64_t>(value.integer()), out);
      return;
    case ValueKind::kDouble:
      out->push_back('d');
      AppendLittleEndian(std::bit_cast<uint64_t>(value.real()), out);
      return;
    case ValueKind::kString:
      out->push_back('s');
      AppendText(value.string(), out);
      return;
    case ValueKind::kArray:
      out->push_back('a');
      AppendLittleEndian(value.size(), out);
      for (uint32_t i = 0; i < value.size(); ++i) AppendEncoded(value.items()[i], out);
      return;
    case ValueKind::kObject:
      out->push_back('o');
      AppendLittleEndian(value.size(), out);
      for (uint32_t i = 0; i < value.size(); ++i) {
        AppendText(value.members()[i].key, out);
        AppendEncoded(value.members()[i].value, out);
      }
      return;
  }
}

void AppendKeyValue(const Value& value, std::string* out) {
  const size_t start = out->size();
  AppendEncoded(value, out);
  Shorten(start, out);
}

bool AppendField(const Field& field, const Slot& slot, std::string* out) {
  if (slot.state == Slot::State::kScalar || slot.path_from == field.segments.size()) {
    AppendEncoded(slot.value, out);
    return !slot.value.is_missing();
  }
  std::vector<Value> values;
  const auto visit = [&](const Value& value) {
    if (!value.is_missing()) values.push_back(value);
    return false;
  };
  PathWalk(field.segments, LeafArrays::kKeep, visit).From(slot.value, slot.path_from);
  if (values.empty()) {
    out->push_back('m');
    return false;
  }
  if (values.size() > 1) {
    out->push_back('A');
    AppendLittleEndian(static_cast<uint32_t>(values.size()), out);
  }
  for (const Value& value : values) AppendEncoded(value, out);
  return true;
}

void EncodeLimitKey(std::span<const uint16_t> slots, const Program& program, SlotFrame* frame,
                    std::string* key) {
  key->clear();
  bool some_present = false;
  for (const uint16_t slot : slots) {
    some_present |= AppendShortened(program.fields()[slot], frame->Get(slot), key);
  }
  if (!some_present) key->clear();
}

bool HashSplitKey(const Field& field, const Slot& slot, uint64_t seed, uint64_t* hash) {
  // The usual key, a string, is hashed in place of being copied.
  if (slot.state == Slot::State::kScalar && slot.value.kind() == ValueKind::kString) {
    const std::string_view text = slot.value.string();
    std::array<char, 5> head = {'s'};
    for (size_t i = 0; i < 4; ++i) head[1 + i] = static_cast<char>((text.size() >> (8 * i)) & 0xff);
    XXH64_state_t state;
    XXH64_reset(&state, seed);
    XXH64_update(&state, head.data(), head.size());
    XXH64_update(&state, text.data(), text.size());
    *hash = XXH64_digest(&state);
    return true;
  }
  std::string encoded;
  if (!AppendField(field, slot, &encoded)) return false;
  *hash = XXH64(encoded.data(), encoded.size(), seed);
  return true;
}

}  // namespace junctor
