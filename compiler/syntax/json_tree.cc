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

std::string PointerStep(std::string_view key) {
  std::string step = "/";
  for (const char c : key) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

std::string JsonPointerOf(const JsonValue& value) {
  std::vector<const JsonValue*> path;
  for (const JsonValue* at = &value; at->parent != nullptr; at = at->parent) path.push_back(at);
  std::string pointer;
  for (auto step = path.rbegin(); step != path.rend(); ++step) {
    const JsonValue& at = **step;
    pointer += at.parent->is(JsonKind::kArray) ? "/" + std::to_string(at.index)
                                               : PointerStep(at.parent->members()[at.index].key);
  }
  return pointer;
}

const JsonValue& InnermostValueAt(const JsonValue& root, uint32_t offset) {
  const JsonValue* at = &root;
  while (at->count > 0) {
    const bool object = at->is(JsonKind::kObject);
    auto begin_of = [at, object](uint32_t i) {
      return object ? at->members()[i].key_span.begin : at->items()[i]->span.begin;
    };
    // The last child that begins at or before the offset.
    uint32_t low = 0;
    uint32_t high = at->count;
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (begin_of(middle) <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0) return *at;
    const JsonValue* child = object ? at->members()[low - 1].value : at->items()[low - 1];
    if (offset >= child->span.end) return *at;
    at = child;
  }
  return *at;
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
