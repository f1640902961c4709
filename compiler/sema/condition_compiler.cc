// See condition_compiler.h.
#include "compiler/sema/condition_compiler.h"

#include <utility>
#include <vector>

#include "compiler/diag/text.h"
#include "compiler/sema/condition_builder.h"
#include "compiler/sema/condition_walker.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/shape.h"

namespace junctor::compiler {
namespace {

// The first object or array in `document` that stands deeper than is allowed, or null. Does not
// recurse.
const JsonValue* FindTooDeep(const JsonValue& document) {
  std::vector<std::pair<const JsonValue*, size_t>> open = {{&document, 1}};
  while (!open.empty()) {
    const auto [value, depth] = open.back();
    open.pop_back();
    if (!value->is(JsonKind::kArray) && !value->is(JsonKind::kObject)) continue;
    if (depth > kMaxConditionDepth) return value;
    if (value->is(JsonKind::kArray)) {
      for (const JsonValue* item : value->items()) open.emplace_back(item, depth + 1);
    } else {
      for (const JsonMember& member : value->members()) open.emplace_back(member.value, depth + 1);
    }
  }
  return nullptr;
}

}  // namespace

Condition CompileCondition(const JsonValue& document, SemaContext* context) {
  if (const JsonValue* deep = FindTooDeep(document); deep != nullptr) {
    Diagnostic too_deep = FindingAt(
        DiagCode::kConditionTooDeep, *deep,
        Text({"the condition is nested too deep (limit is ", kMaxConditionDepth, " levels)"}),
        "flatten it: several keys of one object must all hold, without `$and`");
    too_deep.label = Text({"this is level ", kMaxConditionDepth + 1});
    context->sink->Report(std::move(too_deep));
    return Always(document.span);
  }
  return ConditionWalker(context).Query(document, false);
}

}  // namespace junctor::compiler
