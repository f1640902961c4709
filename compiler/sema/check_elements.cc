// Each element by its type; and the route's deadline. See passes.h.
#include "compiler/diag/text.h"
#include "compiler/sema/elements.h"
#include "compiler/sema/passes.h"
#include "compiler/sema/properties.h"
#include "compiler/source/limits.h"

namespace junctor::compiler {

void CheckElements(SemaContext* context) {
  const std::vector<ElementSyntax>& elements = context->route.elements;
  context->graph->nodes.resize(elements.size());
  for (uint32_t i = 0; i < elements.size(); ++i) {
    Node& node = context->graph->nodes[i];
    node.element = i;
    switch (elements[i].type) {
      case ElementType::kUnknown:
        break;
      case ElementType::kStart:
        node.kind = CheckStart(i, context);
        break;
      case ElementType::kConditional:
        node.kind = CheckConditional(i, context);
        break;
      case ElementType::kPercentage:
        node.kind = CheckPercentage(i, context);
        break;
      case ElementType::kRate:
        node.kind = CheckRate(i, context);
        break;
      case ElementType::kModel:
        node.kind = CheckModel(i, context);
        break;
      case ElementType::kEnd:
        node.kind = CheckEnd(i, context);
        break;
    }
  }
}

void CheckDeadline(SemaContext* context) {
  if (context->route.deadline == nullptr) return;
  const std::optional<uint64_t> deadline = ReadInteger(
      *context->route.deadline, "`deadline` of the route", 1, kMaxDeadlineMs, context->sink);
  context->graph->deadline_ms = static_cast<uint32_t>(deadline.value_or(0));
}

}  // namespace junctor::compiler
