// See compact_json.h.
#include "compiler/syntax/compact_json.h"

#include <vector>

namespace junctor::compiler {
namespace {

// An object or array of which `next` children are written.
struct Open {
  const JsonValue* value;
  uint32_t next;
};

bool IsContainer(const JsonValue& value) {
  return value.is(JsonKind::kObject) || value.is(JsonKind::kArray);
}

}  // namespace

std::string CompactJson(const JsonValue& root, const Source& source) {
  if (!IsContainer(root)) return std::string(source.TextOf(root.span));
  std::string out;
  std::vector<Open> stack = {{&root, 0}};
  while (!stack.empty()) {
    Open& top = stack.back();
    const JsonValue& value = *top.value;
    const bool object = value.is(JsonKind::kObject);
    if (top.next == 0) out += object ? '{' : '[';
    if (top.next == value.count) {
      out += object ? '}' : ']';
      stack.pop_back();
      continue;
    }
    if (top.next > 0) out += ',';
    if (object) {
      out += source.TextOf(value.members()[top.next].key_span);
      out += ':';
    }
    const JsonValue& child = object ? *value.members()[top.next].value : *value.items()[top.next];
    ++top.next;
    if (IsContainer(child)) {
      stack.push_back({&child, 0});
    } else {
      out += source.TextOf(child.span);
    }
  }
  return out;
}

}  // namespace junctor::compiler
