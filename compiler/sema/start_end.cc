// Start and end elements (R10, R25). See elements.h.
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/elements.h"
#include "compiler/sema/outputs.h"
#include "compiler/syntax/shape.h"

namespace junctor::compiler {
namespace {

// Reports properties; an empty object says nothing and is accepted.
void RefuseProperties(const ElementSyntax& element, SemaContext* context) {
  if (element.properties == nullptr || element.properties->count == 0) return;
  context->sink->Report(
      FindingAtKey(DiagCode::kPropertiesNotAllowed, *element.value->Find("properties"),
                   Text({OwnerName(element), " takes no properties"}), "remove them"));
}

}  // namespace

StartNode CheckStart(uint32_t index, SemaContext* context) {
  RefuseProperties(context->route.elements[index], context);
  Outputs outputs(index, context);
  return {outputs.Required("next")};
}

EndNode CheckEnd(uint32_t index, SemaContext* context) {
  const ElementSyntax& element = context->route.elements[index];
  RefuseProperties(element, context);
  if (!element.outputs.empty()) {
    Diagnostic refused = FindingAtKey(DiagCode::kOutputsNotAllowed, *element.value->Find("outputs"),
                                      Text({OwnerName(element), " has outputs"}),
                                      "remove them; an end answers the request");
    context->sink->Report(std::move(refused));
  }
  return {};
}

}  // namespace junctor::compiler
