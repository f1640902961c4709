// R6: the start, and where outputs lead. See passes.h.
#include <optional>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/passes.h"
#include "compiler/syntax/shape.h"
#include "compiler/syntax/suggest.h"

namespace junctor::compiler {
namespace {

class LinkChecker {
 public:
  explicit LinkChecker(SemaContext* context) : context_(*context) {}

  void Check() {
    FindStart();
    const std::vector<ElementSyntax>& elements = context_.route.elements;
    context_.targets.resize(elements.size());
    for (uint32_t i = 0; i < elements.size(); ++i) {
      context_.first_edge.push_back(context_.edges.size());
      if (elements[i].type == ElementType::kUnknown) context_.links_damaged = true;
      if (elements[i].outputs_damaged) context_.links_damaged = true;
      for (const OutputSyntax& output : elements[i].outputs) {
        const NodeId target = Resolve(elements[i], output);
        context_.targets[i].push_back(target);
        // The outputs of an end are an error of their own, and lead nowhere.
        if (target != kNoNode && elements[i].type != ElementType::kEnd)
          context_.edges.push_back({i, target, &output});
      }
    }
    context_.first_edge.push_back(context_.edges.size());
  }

 private:
  void FindStart() {
    const std::vector<ElementSyntax>& elements = context_.route.elements;
    size_t starts = 0;
    bool unknown_types = false;
    for (uint32_t i = 0; i < elements.size(); ++i) {
      unknown_types = unknown_types || elements[i].type == ElementType::kUnknown;
      if (elements[i].type != ElementType::kStart) continue;
      if (++starts == 1) {
        context_.start = i;
      } else {
        ReportSecondStart(elements[context_.start], elements[i]);
      }
    }
    if (starts != 1) context_.links_damaged = true;
    // An element whose type can't be read may be the start.
    if (starts == 0 && !unknown_types && context_.route.elements_value != nullptr) {
      context_.sink->Report(FindingAt(DiagCode::kNoStart, *context_.route.elements_value,
                                      "the route has no start element",
                                      "add `{\"id\": \"start\", \"type\": \"start\", \"outputs\": "
                                      "{\"next\": {\"elementId\": \"…\"}}}`"));
    }
  }

  void ReportSecondStart(const ElementSyntax& first, const ElementSyntax& second) {
    Diagnostic several =
        FindingAt(DiagCode::kSeveralStarts, *second.type_name,
                  "the route has several start elements", "keep one, and branch after it");
    several.label = Text({"the ", DescribeElement(second), " is another one"});
    several.related.push_back({first.type_name->span, "the first one"});
    context_.sink->Report(std::move(several));
  }

  NodeId Resolve(const ElementSyntax& element, const OutputSyntax& output) {
    if (output.target == nullptr) {
      context_.links_damaged = true;
      return kNoNode;
    }
    const auto found = context_.ids.find(output.target->text);
    if (found == context_.ids.end()) {
      context_.links_damaged = true;
      ReportUnknown(element, output);
      return kNoNode;
    }
    if (context_.route.elements[found->second].type == ElementType::kStart) {
      context_.links_damaged = true;
      Diagnostic link =
          FindingAt(DiagCode::kLinkToStart, *output.target,
                    Text({"the output ", Quoted(output.name), " of ", OwnerName(element),
                          " leads to the start element ", Quoted(output.target->text)}),
                    "lead it to another element; requests enter at the start only");
      context_.sink->Report(std::move(link));
      return kNoNode;
    }
    return found->second;
  }

  void ReportUnknown(const ElementSyntax& element, const OutputSyntax& output) {
    // An element whose id is missing (reported) may be the one that is meant.
    if (excused_ < context_.nameless_elements) {
      ++excused_;
      return;
    }
    if (!names_.has_value()) {
      std::vector<std::string_view> names;
      for (const auto& [id, node] : context_.ids) {
        if (context_.route.elements[node].type != ElementType::kStart) names.push_back(id);
      }
      names_.emplace(names);
    }
    Diagnostic unknown = FindingAt(DiagCode::kUnknownElement, *output.target,
                                   Text({"unknown element ", Quoted(output.target->text)}));
    unknown.label = "no element has this id";
    const std::string_view meant = names_->Closest(output.target->text);
    if (meant.empty()) {
      unknown.help = Text({"lead the output ", Quoted(output.name), " of ", OwnerName(element),
                           " to the id of an element of this route"});
    } else {
      Suggest(&unknown, meant);
      const ElementSyntax& similar = context_.route.elements[context_.ids.at(meant)];
      unknown.related.push_back({similar.id->span, "a similar id is defined here"});
    }
    context_.sink->Report(std::move(unknown));
  }

  SemaContext& context_;
  std::optional<NameIndex> names_;  // made when first needed
  size_t excused_ = 0;
};

}  // namespace

void CheckLinks(SemaContext* context) { LinkChecker(context).Check(); }

}  // namespace junctor::compiler
