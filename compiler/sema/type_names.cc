// See type_names.h.
#include "compiler/sema/type_names.h"

#include <array>

#include "runtime/program/instruction.h"

namespace junctor::compiler {
namespace {

constexpr std::array kTypes = {
    TypeName{"double", 1, kTypeDouble},
    TypeName{"string", 2, kTypeString},
    TypeName{"object", 3, kTypeObject},
    TypeName{"array", 4, kTypeArray},
    TypeName{"binData", 5, 0},
    TypeName{"undefined", 6, 0},
    TypeName{"objectId", 7, 0},
    TypeName{"bool", 8, kTypeBool},
    TypeName{"date", 9, 0},
    TypeName{"null", 10, kTypeNull},
    TypeName{"regex", 11, 0},
    TypeName{"dbPointer", 12, 0},
    TypeName{"javascript", 13, 0},
    TypeName{"symbol", 14, 0},
    TypeName{"javascriptWithScope", 15, 0},
    TypeName{"int", 16, kTypeInt},
    TypeName{"timestamp", 17, 0},
    TypeName{"long", 18, kTypeLong},
    TypeName{"decimal", 19, 0},
    TypeName{"minKey", -1, 0},
    TypeName{"maxKey", 127, 0},
    TypeName{"number", 0, kTypeInt | kTypeLong | kTypeDouble},
};

}  // namespace

const TypeName* FindTypeByName(std::string_view name) {
  for (const TypeName& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

const TypeName* FindTypeByCode(int64_t code) {
  if (code == 0) return nullptr;
  for (const TypeName& type : kTypes) {
    if (type.code == code) return &type;
  }
  return nullptr;
}

std::vector<std::string_view> AllTypeNames() {
  std::vector<std::string_view> names;
  for (const TypeName& type : kTypes) names.push_back(type.name);
  return names;
}

}  // namespace junctor::compiler
