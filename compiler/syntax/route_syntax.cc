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

const std::vector<std::string_view>& PropertyKeysOf(ElementType type) {
  using Keys = std::vector<std::string_view>;
  static const auto* const none = new Keys();
  static const auto* const conditional = new Keys{"conditions", "condition"};
  static const auto* const percentage = new Keys{"key"};
  static const auto* const rate =
      new Keys{"limitType", "limit", "window", "interval", "key", "technique", "reserve", "onStoreFailure"};
  static const auto* const model =
      new Keys{"provider", "model",     "timeout",    "retries",      "retryDelay",
               "backoff",  "retryOn",   "fallbackOn", "stallTimeout", "onStreamFailure",
               "params",   "byokAlias", "hedge",      "health"};
  switch (type) {
    case ElementType::kConditional:
      return *conditional;
    case ElementType::kPercentage:
      return *percentage;
    case ElementType::kRate:
      return *rate;
    case ElementType::kModel:
      return *model;
    default:
      return *none;
  }
}

const std::vector<std::string_view>& OutputNamesOf(ElementType type) {
  using Names = std::vector<std::string_view>;
  static const auto* const none = new Names();
  static const auto* const start = new Names{"next"};
  static const auto* const conditional = new Names{"true", "false"};
  static const auto* const percentage = new Names{"else"};
  static const auto* const attempt = new Names{"success", "fallback"};
  switch (type) {
    case ElementType::kStart:
      return *start;
    case ElementType::kConditional:
      return *conditional;
    case ElementType::kPercentage:
      return *percentage;
    case ElementType::kRate:
    case ElementType::kModel:
      return *attempt;
    default:
      return *none;
  }
}

std::string DescribeElement(const ElementSyntax& element) {
  const std::string type(ElementTypeName(element.type));
  if (element.id != nullptr)
    return (type.empty() ? "" : type + " ") + "element " + Quoted(element.id->text);
  return (type.empty() ? "" : type + " ") + "element at index " +
         std::to_string(element.value->index);
}

}  // namespace junctor::compiler
