#include "runtime/request/metadata.h"

#include <cstring>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "runtime/program/utf8.h"
#include "runtime/request/json_reader.h"

namespace junctor {
namespace {

absl::Status Invalid(const std::string& what) {
  return absl::InvalidArgumentError(
      "cf-aig-metadata must be a flat JSON object of strings, numbers and booleans: " + what);
}

const char* KindInWords(ValueKind kind) {
  switch (kind) {
    case ValueKind::kMissing:
      return "nothing";
    case ValueKind::kNull:
      return "null";
    case ValueKind::kBool:
      return "a boolean";
    case ValueKind::kInt:
    case ValueKind::kDouble:
      return "a number";
    case ValueKind::kString:
      return "a string";
    case ValueKind::kArray:
      return "an array";
    case ValueKind::kObject:
      return "an object";
  }
  return "unknown";
}

}  // namespace

absl::StatusOr<Metadata> Metadata::Parse(std::string_view text, size_t max_entries) {
  if (text.size() > kMaxMetadataBytes) {
    return Invalid("it has " + std::to_string(text.size()) + " bytes, more than " +
                   std::to_string(kMaxMetadataBytes));
  }
  if (!IsValidUtf8(text)) return Invalid("it is not valid UTF-8");

  Metadata result;
  result.arena_ = std::make_unique<std::pmr::monotonic_buffer_resource>(text.size() + 256);
  auto* copy = static_cast<char*>(result.arena_->allocate(text.size() + 1, 1));
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());

  const Value value = ReadJson({copy, text.size()}, result.arena_.get());
  if (value.is_missing()) return Invalid("it is not JSON");
  if (value.kind() != ValueKind::kObject) {
    return Invalid(std::string("it is ") + KindInWords(value.kind()));
  }
  for (uint32_t i = 0; i < value.size(); ++i) {
    const Member& member = value.members()[i];
    if (member.value.is_compound() || member.value.kind() == ValueKind::kNull) {
      return Invalid("entry \"" + std::string(member.key) + "\" is " +
                     KindInWords(member.value.kind()));
    }
    if (result.entries_.size() < max_entries) result.entries_.push_back(member);
  }
  return result;
}

Value Metadata::Find(std::string_view key) const {
  for (const Member& entry : entries_) {
    if (entry.key == key) return entry.value;
  }
  return Value();
}

}  // namespace junctor
