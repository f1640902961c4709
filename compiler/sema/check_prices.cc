// R16: models whose price nobody knows, in routes that count money. See passes.h.
#include <algorithm>
#include <variant>

#include "compiler/diag/text.h"
#include "compiler/sema/passes.h"
#include "compiler/syntax/shape.h"

namespace junctor::compiler {

void CheckPrices(SemaContext* context) {
  if (context->options.is_priced == nullptr) return;
  const std::vector<Node>& nodes = context->graph->nodes;
  const bool counts_money = std::any_of(nodes.begin(), nodes.end(), [](const Node& node) {
    const auto* limit = std::get_if<LimitNode>(&node.kind);
    return limit != nullptr && limit->type == LimitType::kCost;
  });
  if (!counts_money) return;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto* call = std::get_if<CallNode>(&nodes[i].kind);
    if (call == nullptr || context->options.is_priced(call->spec.provider, call->spec.model)) {
      continue;
    }
    const ElementSyntax& element = context->route.elements[i];
    context->sink->Report(FindingAt(
        DiagCode::kUnknownPrice, *element.properties->Find("model")->value,
        Text({"the price of the model ", Quoted(call->spec.model), " of provider ",
              Quoted(call->spec.provider), " is not known, and the route has a cost limit"}),
        "add it to the price file (`prices.file` in the configuration); until then its calls are "
        "charged an estimate"));
  }
}

}  // namespace junctor::compiler
