// A JSON value as conditions see it: the constants of a program and the fields of a request have
// this one form.
#pragma once

#include <cstdint>
#include <string_view>

namespace junctor {

// The kind of a Value. Stored in program files: never renumber.
enum class ValueKind : uint8_t {
  kMissing = 0,  // no such field: what a path that leads nowhere yields, never a constant
  kNull = 1,     // JSON null
  kBool = 2,     // boolean()
  kInt = 3,      // integer(): a number whose value is a whole number within int64
  kDouble = 4,   // real(): any other number
  kString = 5,   // string(): UTF-8
  kArray = 6,    // items()
  kObject =
      7,  // members(), in the order of the text, keys unique (of duplicates the last one stays)
};

struct Member;

// One JSON value, 16 bytes, trivially copyable. Strings and children are views: whoever made the
// value keeps the bytes (a program its arena, an execution its request buffer) and outlives it.
class Value {
 public:
  constexpr Value() = default;
  static constexpr Value Null() { return Value(ValueKind::kNull); }
  static constexpr Value Bool(bool value) {
    Value result(ValueKind::kBool);
    result.integer_ = value ? 1 : 0;
    return result;
  }
  static constexpr Value Int(int64_t value) {
    Value result(ValueKind::kInt);
    result.integer_ = value;
    return result;
  }
  // Any double; one that is a whole number within int64 becomes kInt, so that 5, 5.0 and 5e0 are
  // one value (R29).
  static Value Number(double value);
  static constexpr Value String(std::string_view text) {
    Value result(ValueKind::kString);
    result.size_ = static_cast<uint32_t>(text.size());
    result.text_ = text.data();
    return result;
  }
  static constexpr Value Array(const Value* items, uint32_t count) {
    Value result(ValueKind::kArray);
    result.size_ = count;
    result.items_ = items;
    return result;
  }
  static constexpr Value Object(const Member* members, uint32_t count) {
    Value result(ValueKind::kObject);
    result.size_ = count;
    result.members_ = members;
    return result;
  }

  constexpr ValueKind kind() const { return kind_; }
  constexpr bool is_missing() const { return kind_ == ValueKind::kMissing; }
  constexpr bool is_number() const {
    return kind_ == ValueKind::kInt || kind_ == ValueKind::kDouble;
  }
  constexpr bool is_compound() const { return kind_ >= ValueKind::kArray; }

  constexpr bool boolean() const { return integer_ != 0; }
  constexpr int64_t integer() const { return integer_; }
  constexpr double real() const { return real_; }
  constexpr std::string_view string() const { return {text_, size_}; }
  // Number of items, members or bytes.
  constexpr uint32_t size() const { return size_; }
  constexpr const Value* items() const { return items_; }
  constexpr const Member* members() const { return members_; }

  // The value of member `key`, or a missing value. kObject only.
  Value Find(std::string_view key) const;

 private:
  explicit constexpr Value(ValueKind kind) : kind_(kind) {}

  ValueKind kind_ = ValueKind::kMissing;
  uint32_t size_ = 0;
  union {
    int64_t integer_ = 0;
    double real_;
    const char* text_;
    const Value* items_;
    const Member* members_;
  };
};

static_assert(sizeof(Value) == 16, "two slots' values share a cache line half");

// One member of an object.
struct Member {
  std::string_view key;
  Value value;
};

// How two values stand to each other within one type bracket (R29: comparison only within a type).
enum class Ordering : uint8_t { kLess, kEqual, kGreater, kUnordered };

// Whether two values are equal as MongoDB's $eq has it: numbers by value, strings by bytes, arrays
// item by item, documents member by member in order. Missing equals nothing. Does not recurse
// deeper than the shallower value.
bool Equal(const Value& a, const Value& b);

// The order of two values of one type: numbers by value, strings by their UTF-8 bytes, false <
// true, null = null, arrays and documents lexicographically as BSON compares them. Different types,
// and missing: kUnordered.
Ordering Compare(const Value& a, const Value& b);

}  // namespace junctor
