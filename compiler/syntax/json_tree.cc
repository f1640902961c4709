// See json_tree.h.
#include "compiler/syntax/json_tree.h"

#include <vector>

#include "compiler/diag/text.h"

namespace junctor::compiler {

const JsonMember* JsonValue::Find(std::string_view key) const {
  for (const JsonMember& member : members()) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

std::string JsonPointerOf(const JsonValue& value) {
  std::vector<const JsonValue*> path;
  for (const JsonValue* at = &value; at->parent != nullptr; at = at->parent) path.push_back(at);
  std::string pointer;
  for (auto step = path.rbegin(); step != path.rend(); ++step) {
    const JsonValue& at = **step;
    pointer += '/';
    if (at.parent->is(JsonKind::kArray)) {
      pointer += std::to_string(at.index);
      continue;
    }
    for (const char c : at.parent->members()[at.index].key) {
      if (c == '~') {
        pointer += "~0";
      } else if (c == '/') {
        pointer += "~1";
      } else {
        pointer += c;
      }
    }
  }
  return pointer;
}

std::string DescribeJson(const JsonValue& value) {
  switch (value.kind) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBool:
      return value.boolean ? "true" : "false";
    case JsonKind::kNumber:
      return "the number " + Quoted(value.text);
    case JsonKind::kString:
      return "the string " + Quoted("\"" + std::string(value.text) + "\"");
    default:
      return std::string(JsonKindName(value.kind));
  }
}

std::string_view JsonKindName(JsonKind kind) {
  switch (kind) {
    case JsonKind::kInvalid:
      return "an invalid value";
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBool:
      return "true or false";
    case JsonKind::kNumber:
      return "a number";
    case JsonKind::kString:
      return "a string";
    case JsonKind::kArray:
      return "an array";
    case JsonKind::kObject:
      return "an object";
  }
  return "a value";
}

}  // namespace junctor::compiler
