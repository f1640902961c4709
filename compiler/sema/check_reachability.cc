// R8: what nothing reaches, and paths without a model. See passes.h.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "compiler/diag/text.h"
#include "compiler/sema/passes.h"
#include "compiler/syntax/shape.h"

namespace junctor::compiler {
namespace {

// Elements that a message names of a path.
constexpr size_t kNamedOnPath = 12;

// For each element the edge by which a search from the start came to it first, or nothing.
struct Search {
  std::vector<bool> reached;
  std::vector<const Edge*> by;
};

// Searches from the start, breadth first; does not go on from model elements if `stop_at_models`.
Search SearchFromStart(const SemaContext& context, bool stop_at_models) {
  const size_t count = context.route.elements.size();
  Search search = {std::vector<bool>(count, false), std::vector<const Edge*>(count, nullptr)};
  std::vector<NodeId> queue = {context.start};
  search.reached[context.start] = true;
  for (size_t i = 0; i < queue.size(); ++i) {
    const NodeId node = queue[i];
    if (stop_at_models && context.route.elements[node].type == ElementType::kModel) continue;
    for (size_t e = context.first_edge[node]; e < context.first_edge[node + 1]; ++e) {
      const Edge& edge = context.edges[e];
      if (search.reached[edge.to]) continue;
      search.reached[edge.to] = true;
      search.by[edge.to] = &edge;
      queue.push_back(edge.to);
    }
  }
  return search;
}

void ReportUnreachable(const SemaContext& context, NodeId node) {
  const ElementSyntax& element = context.route.elements[node];
  context.sink->Report(FindingAt(DiagCode::kUnreachable, *element.id,
                                 Text({"no path from the start reaches ", OwnerName(element)}),
                                 "lead an output to it, or remove it"));
}

void ReportPathWithoutModel(const SemaContext& context, const Search& search, NodeId end) {
  const Edge* last = search.by[end];
  std::vector<NodeId> path;
  for (NodeId node = end; node != context.start; node = search.by[node]->from) path.push_back(node);
  path.push_back(context.start);
  std::reverse(path.begin(), path.end());
  std::string text;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path.size() > kNamedOnPath && i == kNamedOnPath / 2) {
      text += "… → ";
      i = path.size() - kNamedOnPath / 2;
    }
    text += context.graph->elements[path[i]].id + (i + 1 < path.size() ? " → " : "");
  }
  Diagnostic finding =
      FindingAt(DiagCode::kNoModelOnPath, *last->output->target,
                Text({"a path reaches an end without a model: `", text, "`"}),
                "requests on it are answered with an error; lead it to a model first");
  finding.label = "nothing was asked for an answer";
  context.sink->Report(std::move(finding));
}

}  // namespace

void CheckReachability(SemaContext* context) {
  if (context->links_damaged) return;
  const std::vector<ElementSyntax>& elements = context->route.elements;
  const Search all = SearchFromStart(*context, false);
  for (NodeId node = 0; node < elements.size(); ++node) {
    if (!all.reached[node]) ReportUnreachable(*context, node);
  }
  const Search without_models = SearchFromStart(*context, true);
  for (NodeId node = 0; node < elements.size(); ++node) {
    if (elements[node].type != ElementType::kEnd || !without_models.reached[node]) continue;
    ReportPathWithoutModel(*context, without_models, node);
    return;
  }
}

}  // namespace junctor::compiler
