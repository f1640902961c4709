// See condition_literals.h.
#include "compiler/sema/condition_literals.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include "compiler/diag/text.h"
#include "compiler/sema/decimal.h"
#include "compiler/syntax/shape.h"

namespace junctor::compiler {

std::optional<Value> ParseNumber(std::string_view text) {
  const char* end = text.data() + text.size();
  if (text.find_first_of(".eE") == std::string_view::npos) {
    int64_t integer = 0;
    const auto [stop, error] = std::from_chars(text.data(), end, integer);
    if (error == std::errc() && stop == end) return Value::Int(integer);
  }
  double real = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, real);
  if (error == std::errc::result_out_of_range) {
    if (IsHugeDecimal(text)) return std::nullopt;
    return Value::Int(0);
  }
  return Value::Number(real);
}

Value LiteralBuilder::Number(const JsonValue& value) {
  const std::optional<Value> number = ParseNumber(value.text);
  if (number.has_value()) return *number;
  sink_->Report(FindingAt(
      DiagCode::kNumberTooLarge, value,
      Text({"the number ", Quoted(value.text), " is larger than any that a request can carry"}),
      "the largest is about 1.8e308; leave the bound out"));
  return Value::Null();
}

Value LiteralBuilder::String(std::string_view text) {
  if (text.empty()) return Value::String("");
  char* copy = static_cast<char*>(arena_->allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return Value::String({copy, text.size()});
}

Value LiteralBuilder::Array(const std::vector<Value>& items) {
  if (items.empty()) return Value::Array(nullptr, 0);
  auto* copy = static_cast<Value*>(arena_->allocate(items.size() * sizeof(Value), alignof(Value)));
  std::uninitialized_copy(items.begin(), items.end(), copy);
  return Value::Array(copy, static_cast<uint32_t>(items.size()));
}

Value LiteralBuilder::Build(const JsonValue& value) {
  switch (value.kind) {
    case JsonKind::kInvalid:
    case JsonKind::kNull:
      return Value::Null();
    case JsonKind::kBool:
      return Value::Bool(value.boolean);
    case JsonKind::kNumber:
      return Number(value);
    case JsonKind::kString:
      return String(value.text);
    case JsonKind::kArray: {
      std::vector<Value> items;
      items.reserve(value.count);
      for (const JsonValue* item : value.items()) items.push_back(Build(*item));
      return Array(items);
    }
    case JsonKind::kObject:
      break;
  }
  if (value.count == 0) return Value::Object(nullptr, 0);
  auto* members =
      static_cast<Member*>(arena_->allocate(value.count * sizeof(Member), alignof(Member)));
  for (uint32_t i = 0; i < value.count; ++i) {
    const JsonMember& member = value.members()[i];
    new (members + i) Member{String(member.key).string(), Build(*member.value)};
  }
  return Value::Object(members, value.count);
}

}  // namespace junctor::compiler
