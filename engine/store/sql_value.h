// Values that go into SQL statements and come out of them, alike for every engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace junctor::engine {

struct SqlNull {};

// Bytes of any kind. (Text is std::string: UTF-8 without NUL.)
struct SqlBlob {
  std::string bytes;
};

using SqlValue = std::variant<SqlNull, int64_t, std::string, SqlBlob>;
using SqlParameters = std::vector<SqlValue>;

// A text parameter.
inline SqlValue SqlText(std::string_view text) { return std::string(text); }
inline SqlValue SqlBytes(std::string_view bytes) { return SqlBlob{std::string(bytes)}; }
inline SqlValue SqlFlag(bool flag) { return int64_t{flag ? 1 : 0}; }

// One row of a result, read from left to right.
class SqlRow {
 public:
  explicit SqlRow(std::vector<SqlValue> values) : values_(std::move(values)) {}

  size_t size() const { return values_.size(); }
  const SqlValue& operator[](size_t column) const { return values_[column]; }
  // Whether the next value is null.
  bool NextIsNull() const { return std::holds_alternative<SqlNull>(values_[next_]); }
  void Skip(size_t columns) { next_ += columns; }

  // The next value; what it is not gives 0 or an empty text, as null does.
  int64_t Integer() {
    const auto* number = std::get_if<int64_t>(&values_[next_++]);
    return number == nullptr ? 0 : *number;
  }
  bool Flag() { return Integer() != 0; }
  std::string Text() {
    auto* text = std::get_if<std::string>(&values_[next_++]);
    return text == nullptr ? std::string() : std::move(*text);
  }
  std::string Bytes() {
    auto* blob = std::get_if<SqlBlob>(&values_[next_++]);
    return blob == nullptr ? std::string() : std::move(blob->bytes);
  }

 private:
  std::vector<SqlValue> values_;
  size_t next_ = 0;
};

struct SqlResult {
  std::vector<SqlRow> rows;
  int64_t changed = 0;  // rows that the statement inserted, updated or deleted itself
};

}  // namespace junctor::engine
