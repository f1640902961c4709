// Conditional elements (R11). See elements.h.
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/condition_compiler.h"
#include "compiler/sema/elements.h"
#include "compiler/sema/outputs.h"
#include "compiler/sema/properties.h"
#include "compiler/syntax/shape.h"

namespace junctor::compiler {
namespace {

Condition ReadCondition(const Properties& properties, SemaContext* context) {
  const JsonValue* value = properties.FindEither("conditions", "condition");
  if (value == nullptr) {
    properties.ReportMissing("conditions", "\"conditions\": {\"metadata.plan\": \"paid\"}");
    return {};
  }
  if (value->is(JsonKind::kArray)) {
    context->sink->Report(FindingAt(
        DiagCode::kWrongType, *value,
        Text({"the condition of ", properties.owner(), " must be an object, found an array"}),
        "write `{\"$and\": […]}` or `{\"$or\": […]}` around it"));
    return {};
  }
  if (!ExpectKind(*value, JsonKind::kObject, "the condition of " + properties.owner(),
                  context->sink))
    return {};
  if (value->count == 0) {
    context->sink->Report(
        FindingAt(DiagCode::kEmptyCondition, *value,
                  Text({"the condition of ", properties.owner(), " is empty, so it always holds"}),
                  "add a test, or lead to the element of `true` directly"));
  }
  return CompileCondition(*value, context);
}

}  // namespace

BranchNode CheckConditional(uint32_t index, SemaContext* context) {
  const ElementSyntax& element = context->route.elements[index];
  BranchNode node;
  const Properties properties(element, context);
  node.condition = ReadCondition(properties, context);
  Outputs outputs(index, context);
  node.on_true = outputs.Required("true");
  node.on_false = outputs.Required("false");
  WarnOfSameTargets(index, {node.on_true, node.on_false}, context);
  return node;
}

}  // namespace junctor::compiler
