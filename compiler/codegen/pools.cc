#include "compiler/codegen/pools.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace junctor::compiler {

uint32_t TextPool::IndexOf(std::string_view text) {
  key_.assign(text);
  const auto [entry, is_new] = indices_.try_emplace(key_, static_cast<uint32_t>(texts_.size()));
  if (is_new) texts_.push_back(key_);
  return entry->second;
}

uint32_t ConstantPool::IndexOf(const Value& value) {
  const auto known = indices_.find(value);
  if (known != indices_.end()) return known->second;
  const auto index = static_cast<uint32_t>(values_.size());
  values_.push_back(Copy(value));
  indices_.emplace(values_.back(), index);
  return index;
}

// The recursion is bounded by the nesting of constants (R4).
Value ConstantPool::Copy(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString:
      return Value::String(CopyText(value.string()));
    case ValueKind::kArray: {
      auto* items = Allocate<Value>(std::max<size_t>(value.size(), 1));
      for (uint32_t i = 0; i < value.size(); ++i) {
        std::construct_at(items + i, Copy(value.items()[i]));
      }
      return Value::Array(items, value.size());
    }
    case ValueKind::kObject: {
      auto* members = Allocate<Member>(std::max<size_t>(value.size(), 1));
      for (uint32_t i = 0; i < value.size(); ++i) {
        const Member& member = value.members()[i];
        std::construct_at(members + i, Member{CopyText(member.key), Copy(member.value)});
      }
      return Value::Object(members, value.size());
    }
    default:
      return value;
  }
}

std::string_view ConstantPool::CopyText(std::string_view text) {
  char* bytes = Allocate<char>(std::max<size_t>(text.size(), 1));
  std::copy(text.begin(), text.end(), bytes);
  return {bytes, text.size()};
}

uint32_t PatternPool::IndexOf(const std::string& pattern, const std::string& options) {
  const auto [entry, is_new] =
      indices_.try_emplace({pattern, options}, static_cast<uint32_t>(patterns_.size()));
  if (is_new) patterns_.push_back({pattern, options});
  return entry->second;
}

}  // namespace junctor::compiler
