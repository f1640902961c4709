// R7: no cycle. See passes.h.
#include <string>
#include <utility>
#include <vector>

#include "compiler/diag/text.h"
#include "compiler/sema/passes.h"
#include "compiler/syntax/shape.h"

namespace junctor::compiler {
namespace {

// Elements of a loop that a message names at either end; what is between them is counted.
constexpr size_t kNamedAtEitherEnd = 50;

enum class Colour : uint8_t { kNew, kOpen, kDone };

// One element of the path that the search is on.
struct Step {
  NodeId node;
  size_t next_edge;
};

class CycleFinder {
 public:
  explicit CycleFinder(SemaContext* context)
      : context_(*context),
        colours_(context->route.elements.size(), Colour::kNew),
        positions_(context->route.elements.size(), 0) {}

  void Find() {
    // From the start first, so that a loop is told in the order in which requests would run through
    // it.
    if (context_.start != kNoNode) SearchFrom(context_.start);
    for (NodeId node = 0; node < colours_.size(); ++node) SearchFrom(node);
  }

 private:
  void SearchFrom(NodeId first) {
    if (colours_[first] != Colour::kNew) return;
    Enter(first);
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next_edge == context_.first_edge[step.node + 1]) {
        colours_[step.node] = Colour::kDone;
        path_.pop_back();
        continue;
      }
      const Edge& edge = context_.edges[step.next_edge++];
      if (colours_[edge.to] == Colour::kNew) {
        Enter(edge.to);
      } else if (colours_[edge.to] == Colour::kOpen) {
        Report(edge);
      }
    }
  }

  void Enter(NodeId node) {
    colours_[node] = Colour::kOpen;
    positions_[node] = path_.size();
    path_.push_back({node, context_.first_edge[node]});
  }

  const std::string& IdOf(NodeId node) const { return context_.graph->elements[node].id; }

  void Report(const Edge& closing) {
    const size_t begin = positions_[closing.to];
    const size_t length = path_.size() - begin;
    std::string loop;
    for (size_t i = 0; i < length; ++i) {
      if (length > 2 * kNamedAtEitherEnd && i == kNamedAtEitherEnd) {
        loop += "… (" + Grouped(length - 2 * kNamedAtEitherEnd) + " more) … → ";
        i = length - kNamedAtEitherEnd;
      }
      loop += IdOf(path_[begin + i].node) + " → ";
    }
    loop += IdOf(closing.to);
    Diagnostic cycle = FindingAt(DiagCode::kCycle, *closing.output->target,
                                 Text({"elements form a cycle: `", loop, "`"}),
                                 Text({"lead the output ", Quoted(closing.output->name), " of ",
                                       OwnerName(context_.route.elements[closing.from]),
                                       " to an element that comes later"}));
    cycle.label =
        closing.from == closing.to ? "leads back to its own element" : "this closes the loop";
    context_.sink->Report(std::move(cycle));
  }

  SemaContext& context_;
  std::vector<Colour> colours_;
  std::vector<size_t> positions_;  // of open elements in path_
  std::vector<Step> path_;
};

}  // namespace

void CheckCycles(SemaContext* context) { CycleFinder(context).Find(); }

}  // namespace junctor::compiler
