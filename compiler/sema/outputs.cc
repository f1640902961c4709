// See outputs.h.
#include "compiler/sema/outputs.h"

#include <algorithm>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/syntax/shape.h"
#include "compiler/syntax/suggest.h"

namespace junctor::compiler {

Outputs::Outputs(uint32_t index, SemaContext* context)
    : element_(context->route.elements[index]),
      targets_(context->targets[index]),
      names_(OutputNamesOf(element_.type)),
      context_(context) {
  for (const OutputSyntax& output : element_.outputs) {
    if (std::find(names_.begin(), names_.end(), output.name) != names_.end()) continue;
    has_unknown_ = true;
    Diagnostic unknown = FindingAt(
        DiagCode::kUnknownOutput, *output.value,
        Text({"unknown output ", Quoted(output.name), " of ", OwnerName(element_)}),
        Text({"its outputs are ", Listed(std::vector<std::string>(names_.begin(), names_.end()))}));
    unknown.span = output.name_span;
    Suggest(&unknown, ClosestName(output.name, names_));
    context_->sink->Report(std::move(unknown));
  }
}

bool Outputs::Has(std::string_view name) const {
  return std::any_of(element_.outputs.begin(), element_.outputs.end(),
                     [name](const OutputSyntax& output) { return output.name == name; });
}

bool Outputs::SurelyLacks(std::string_view name) const {
  return !Has(name) && !element_.outputs_damaged && !has_unknown_;
}

NodeId Outputs::Optional(std::string_view name) const {
  for (size_t i = 0; i < element_.outputs.size(); ++i) {
    if (element_.outputs[i].name == name) return targets_[i];
  }
  return kNoNode;
}

NodeId Outputs::Required(std::string_view name) {
  if (Has(name)) return Optional(name);
  context_->links_damaged = true;
  if (element_.outputs_damaged || has_unknown_) return kNoNode;
  const JsonValue& where =
      element_.outputs_value != nullptr ? *element_.outputs_value : *element_.value;
  const std::string example = "\"" + std::string(name) + "\": {\"elementId\": \"…\"}";
  context_->sink->Report(
      FindingAt(DiagCode::kMissingOutput, where,
                Text({"missing output ", Quoted(name), " in ", OwnerName(element_)}),
                element_.outputs_value != nullptr
                    ? Text({"add ", Quoted(example)})
                    : Text({"add ", Quoted("\"outputs\": {" + example + "}")})));
  return kNoNode;
}

void WarnOfSameTargets(uint32_t index, const std::vector<NodeId>& targets, SemaContext* context) {
  if (targets.size() < 2 || targets.front() == kNoNode) return;
  if (std::any_of(targets.begin(), targets.end(),
                  [&targets](NodeId target) { return target != targets.front(); })) {
    return;
  }
  const ElementSyntax& element = context->route.elements[index];
  context->sink->Report(FindingAt(
      DiagCode::kSameTargets, *element.outputs_value,
      Text({targets.size() == 2 ? "both" : "all", " outputs of ", OwnerName(element), " lead to ",
            Quoted(context->graph->elements[targets.front()].id), ", so it decides nothing"}),
      "lead one of them elsewhere, or leave the element out"));
}

}  // namespace junctor::compiler
