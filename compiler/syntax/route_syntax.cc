// See route_syntax.h.
#include "compiler/syntax/route_syntax.h"

#include "compiler/diag/text.h"

namespace junctor::compiler {

std::string_view ElementTypeName(ElementType type) {
  switch (type) {
    case ElementType::kUnknown:
      return "";
    case ElementType::kStart:
      return "start";
    case ElementType::kConditional:
      return "conditional";
    case ElementType::kPercentage:
      return "percentage";
    case ElementType::kRate:
      return "rate";
    case ElementType::kModel:
      return "model";
    case ElementType::kEnd:
      return "end";
  }
  return "";
}

std::string DescribeElement(const ElementSyntax& element) {
  const std::string type(ElementTypeName(element.type));
  if (element.id != nullptr) return (type.empty() ? "" : type + " ") + "element " + Quoted(element.id->text);
  return (type.empty() ? "" : type + " ") + "element at index " + std::to_string(element.value->index);
}

}  // namespace junctor::compiler
