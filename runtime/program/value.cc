#include "runtime/program/value.h"

#include <algorithm>
#include <cmath>
#include <compare>

namespace junctor {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

// The place of a kind in BSON's order of types, by which items of unlike types inside arrays and
// documents are ordered.
int TypeBracket(ValueKind kind) {
  switch (kind) {
    case ValueKind::kMissing:
      return 0;
    case ValueKind::kNull:
      return 1;
    case ValueKind::kInt:
    case ValueKind::kDouble:
      return 2;
    case ValueKind::kString:
      return 3;
    case ValueKind::kObject:
      return 4;
    case ValueKind::kArray:
      return 5;
    case ValueKind::kBool:
      return 6;
  }
  return 0;
}

Ordering FromThreeWay(std::partial_ordering order) {
  if (order == std::partial_ordering::less) return Ordering::kLess;
  if (order == std::partial_ordering::greater) return Ordering::kGreater;
  if (order == std::partial_ordering::equivalent) return Ordering::kEqual;
  return Ordering::kUnordered;
}

Ordering Reverse(Ordering order) {
  if (order == Ordering::kLess) return Ordering::kGreater;
  if (order == Ordering::kGreater) return Ordering::kLess;
  return order;
}

// Exact: no side is rounded to the other's type.
Ordering CompareIntToDouble(int64_t integer, double real) {
  if (std::isnan(real)) return Ordering::kUnordered;
  if (real >= kTwoTo63) return Ordering::kLess;
  if (real < -kTwoTo63) return Ordering::kGreater;
  const double whole = std::trunc(real);
  const auto truncated = static_cast<int64_t>(whole);
  if (integer != truncated) return FromThreeWay(integer <=> truncated);
  return FromThreeWay(whole <=> real);
}

Ordering CompareNumbers(const Value& a, const Value& b) {
  const bool a_is_int = a.kind() == ValueKind::kInt;
  const bool b_is_int = b.kind() == ValueKind::kInt;
  if (a_is_int && b_is_int) return FromThreeWay(a.integer() <=> b.integer());
  if (a_is_int) return CompareIntToDouble(a.integer(), b.real());
  if (b_is_int) return Reverse(CompareIntToDouble(b.integer(), a.real()));
  return FromThreeWay(a.real() <=> b.real());
}

Ordering CompareText(std::string_view a, std::string_view b) { return FromThreeWay(a <=> b); }

Ordering CompareInside(const Value& a, const Value& b);

Ordering CompareArrays(const Value& a, const Value& b) {
  const uint32_t common = std::min(a.size(), b.size());
  for (uint32_t i = 0; i < common; ++i) {
    const Ordering order = CompareInside(a.items()[i], b.items()[i]);
    if (order != Ordering::kEqual) return order;
  }
  return FromThreeWay(a.size() <=> b.size());
}

Ordering CompareObjects(const Value& a, const Value& b) {
  const uint32_t common = std::min(a.size(), b.size());
  for (uint32_t i = 0; i < common; ++i) {
    const Member& x = a.members()[i];
    const Member& y = b.members()[i];
    Ordering order = FromThreeWay(TypeBracket(x.value.kind()) <=> TypeBracket(y.value.kind()));
    if (order == Ordering::kEqual) order = CompareText(x.key, y.key);
    if (order == Ordering::kEqual) order = CompareInside(x.value, y.value);
    if (order != Ordering::kEqual) return order;
  }
  return FromThreeWay(a.size() <=> b.size());
}

// Inside arrays and documents unlike types are ordered too, by their brackets.
Ordering CompareInside(const Value& a, const Value& b) {
  const int a_bracket = TypeBracket(a.kind());
  const int b_bracket = TypeBracket(b.kind());
  if (a_bracket != b_bracket) return FromThreeWay(a_bracket <=> b_bracket);
  return Compare(a, b);
}

}  // namespace

Value Value::Number(double value) {
  if (value >= -kTwoTo63 && value < kTwoTo63 && std::trunc(value) == value) {
    return Int(static_cast<int64_t>(value));
  }
  Value result(ValueKind::kDouble);
  result.real_ = value;
  return result;
}

Value Value::Find(std::string_view key) const {
  for (uint32_t i = 0; i < size_; ++i) {
    if (members_[i].key == key) return members_[i].value;
  }
  return {};
}

bool Equal(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) {
    // One form per number makes unlike kinds unlike values, but for doubles that Number did not
    // make.
    return a.is_number() && b.is_number() && CompareNumbers(a, b) == Ordering::kEqual;
  }
  switch (a.kind()) {
    case ValueKind::kMissing:
      return false;
    case ValueKind::kNull:
      return true;
    case ValueKind::kBool:
      return a.boolean() == b.boolean();
    case ValueKind::kInt:
      return a.integer() == b.integer();
    case ValueKind::kDouble:
      return a.real() == b.real();
    case ValueKind::kString:
      return a.string() == b.string();
    case ValueKind::kArray:
      return a.size() == b.size() && std::equal(a.items(), a.items() + a.size(), b.items(), Equal);
    case ValueKind::kObject:
      return a.size() == b.size() && std::equal(a.members(), a.members() + a.size(), b.members(),
                                                [](const Member& x, const Member& y) {
                                                  return x.key == y.key && Equal(x.value, y.value);
                                                });
  }
  return false;
}

Ordering Compare(const Value& a, const Value& b) {
  if (TypeBracket(a.kind()) != TypeBracket(b.kind())) return Ordering::kUnordered;
  switch (a.kind()) {
    case ValueKind::kMissing:
      return Ordering::kUnordered;
    case ValueKind::kNull:
      return Ordering::kEqual;
    case ValueKind::kBool:
      return FromThreeWay(a.boolean() <=> b.boolean());
    case ValueKind::kInt:
    case ValueKind::kDouble:
      return CompareNumbers(a, b);
    case ValueKind::kString:
      return CompareText(a.string(), b.string());
    case ValueKind::kArray:
      return CompareArrays(a, b);
    case ValueKind::kObject:
      return CompareObjects(a, b);
  }
  return Ordering::kUnordered;
}

}  // namespace junctor
