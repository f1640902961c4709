// The types that `$type` can name (R29).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace junctor::compiler {

// A type of MongoDB's documents.
struct TypeName {
  std::string_view name;  // as in `$type`
  int32_t code;           // as in `$type`; of "number", which has none, 0
  uint32_t mask;          // of TypeBit; 0: no JSON value is of this type
};

// The type called `name`, or null.
const TypeName* FindTypeByName(std::string_view name);
// The type with the code `code`, or null.
const TypeName* FindTypeByCode(int64_t code);

// All names, for suggestions.
std::vector<std::string_view> AllTypeNames();

}  // namespace junctor::compiler
