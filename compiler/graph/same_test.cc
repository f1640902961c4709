#include "compiler/graph/same_test.h"

#include <cstdint>

#include "absl/hash/hash.h"

namespace junctor::compiler {

size_t ValueHash::operator()(const Value& value) const {
  const auto kind = static_cast<uint8_t>(value.kind());
  switch (value.kind()) {
    case ValueKind::kMissing:
    case ValueKind::kNull:
      return absl::HashOf(kind);
    case ValueKind::kBool:
      return absl::HashOf(kind, value.boolean());
    case ValueKind::kInt:
      return absl::HashOf(kind, value.integer());
    case ValueKind::kDouble:
      return absl::HashOf(kind, value.real());
    case ValueKind::kString:
      return absl::HashOf(kind, value.string());
    case ValueKind::kArray: {
      size_t hash = absl::HashOf(kind, value.size());
      for (uint32_t i = 0; i < value.size(); ++i) {
        hash = absl::HashOf(hash, (*this)(value.items()[i]));
      }
      return hash;
    }
    case ValueKind::kObject: {
      size_t hash = absl::HashOf(kind, value.size());
      for (uint32_t i = 0; i < value.size(); ++i) {
        const Member& member = value.members()[i];
        hash = absl::HashOf(hash, member.key, (*this)(member.value));
      }
      return hash;
    }
  }
  return 0;
}

bool SameTest(const Test& a, const Test& b) {
  if (a.opcode != b.opcode || a.flags != b.flags || a.type_mask != b.type_mask ||
      a.field != b.field || a.pattern != b.pattern || a.pattern_options != b.pattern_options) {
    return false;
  }
  return (a.constant.is_missing() && b.constant.is_missing()) || Equal(a.constant, b.constant);
}

size_t TestHash::operator()(const Test* test) const {
  return absl::HashOf(static_cast<uint8_t>(test->opcode), test->flags, test->type_mask, test->field,
                      test->pattern, test->pattern_options, ValueHash()(test->constant));
}

}  // namespace junctor::compiler
