#include "compiler/graph/bounds.h"

#include <algorithm>
#include <variant>

#include "compiler/graph/topological_order.h"
#include "runtime/program/call_bound.h"
#include "runtime/program/retry_rules.h"

namespace junctor::compiler {
namespace {

// Classes that are recognised without an HTTP answer, hence without headers.
constexpr ErrorClassSet kClassesWithoutAnswer =
    Only(ErrorClass::kConnect) | Only(ErrorClass::kReset) | Only(ErrorClass::kTimeout) |
    Only(ErrorClass::kStream);

// The largest sum of one measure over the paths from a node to where they end.
class Maximum {
 public:
  explicit Maximum(size_t nodes) : sums_(nodes, 0), next_(nodes, kNoNode) {}

  // Sets the sum of `node`, whose successors have theirs.
  void Add(const FlowGraph& graph, NodeId node, uint64_t own) {
    ForEachEdge(graph.nodes[node], [&](NodeId target) {
      if (next_[node] == kNoNode || sums_[target] > sums_[next_[node]]) next_[node] = target;
    });
    sums_[node] = own + (next_[node] == kNoNode ? 0 : sums_[next_[node]]);
  }

  uint64_t SumFrom(NodeId node) const { return sums_[node]; }

  std::vector<NodeId> PathFrom(NodeId node) const {
    std::vector<NodeId> path;
    for (; node != kNoNode; node = next_[node]) path.push_back(node);
    return path;
  }

 private:
  std::vector<uint64_t> sums_;
  std::vector<NodeId> next_;  // the successor on the path that attains the sum
};

// The most calls from a node on, and the way on which they come about.
class MostCalls {
 public:
  explicit MostCalls(size_t nodes) : nodes_(nodes) {}

  // Sets the bound of `node`, whose successors have theirs.
  void Add(const FlowGraph& graph, NodeId node) {
    Entry& entry = nodes_[node];
    const auto* call = std::get_if<CallNode>(&graph.nodes[node].kind);
    if (call == nullptr) {
      ForEachEdge(graph.nodes[node], [&](NodeId target) {
        Prefer(target, &CallBound::any, &entry.next);
        Prefer(target, &CallBound::failing, &entry.next_failing);
        Cover(nodes_[target].bound, &entry.bound);
      });
      return;
    }
    const bool has_fallback = call->on_fallback != kNoNode;
    const CallBound success = nodes_[call->on_success].bound;
    const CallBound fallback = has_fallback ? nodes_[call->on_fallback].bound : CallBound();
    entry.bound = BoundOfModel(call->spec, success, has_fallback ? &fallback : nullptr);
    entry.next = call->on_success;
    entry.next_failing = call->on_fallback;
    if (!has_fallback) return;
    Prefer(call->on_fallback, &CallBound::any, &entry.next);
    // More than either way alone has: both are gone.
    const uint64_t attempts = MaxAttempts(call->spec);
    const bool is_hedged = call->spec.hedge_after_ms != 0 && fallback.failing > 0;
    entry.both = entry.bound.any > attempts + fallback.any &&
                 entry.bound.any > attempts + success.any + (is_hedged ? 1 : 0);
  }

  uint64_t From(NodeId node) const { return nodes_[node].bound.any; }

  std::vector<NodeId> PathFrom(const FlowGraph& graph, NodeId node) const {
    std::vector<NodeId> path;
    for (; node != kNoNode; node = nodes_[node].next) {
      path.push_back(node);
      if (!nodes_[node].both) continue;
      const auto& call = std::get<CallNode>(graph.nodes[node].kind);
      if (nodes_[call.on_success].bound.failing > 0) AppendFailing(call.on_success, &path);
      AppendFailing(call.on_fallback, &path);
      break;
    }
    return path;
  }

 private:
  struct Entry {
    CallBound bound;
    NodeId next = kNoNode;          // on the way of bound.any
    NodeId next_failing = kNoNode;  // on the way of bound.failing
    bool both = false;              // a model's success is followed, and after a break its fallback
  };

  // Takes `target` for `next` where that has no more.
  void Prefer(NodeId target, uint64_t CallBound::*measure, NodeId* next) const {
    if (*next == kNoNode || nodes_[target].bound.*measure > nodes_[*next].bound.*measure) {
      *next = target;
    }
  }

  void AppendFailing(NodeId node, std::vector<NodeId>* path) const {
    for (; node != kNoNode; node = nodes_[node].next_failing) path->push_back(node);
  }

  std::vector<Entry> nodes_;
};

}  // namespace

uint64_t WorstModelMs(const ModelSpec& model) {
  const uint32_t attempts = model.on_stream_failure == StreamFailurePolicy::kHold
                                ? MaxAttempts(model)
                                : MaxAttemptsToFirstToken(model);
  const bool may_have_retry_after = (model.retry_on & ~kClassesWithoutAnswer) != 0;
  uint64_t total = uint64_t{model.timeout_ms} * attempts;
  for (uint32_t retry = 1; retry < attempts; ++retry) {
    uint64_t delay = (BackoffMs(model, retry) * (100 + kJitterPercent) + 99) / 100;
    if (may_have_retry_after) delay = std::max(delay, kMaxRetryAfterMs);
    total += delay;
  }
  return total;
}

RouteBounds ComputeBounds(const FlowGraph& graph) {
  const std::vector<NodeId> order = TopologicalOrder(graph);
  Maximum elements(graph.nodes.size());
  MostCalls calls(graph.nodes.size());
  Maximum wait(graph.nodes.size());
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    const auto* call = std::get_if<CallNode>(&graph.nodes[*node].kind);
    elements.Add(graph, *node, 1);
    calls.Add(graph, *node);
    wait.Add(graph, *node, call == nullptr ? 0 : WorstModelMs(call->spec));
  }

  RouteBounds bounds;
  bounds.longest_path = elements.PathFrom(graph.start);
  bounds.most_calls = calls.PathFrom(graph, graph.start);
  bounds.slowest = wait.PathFrom(graph.start);
  bounds.values.longest_path = static_cast<uint32_t>(elements.SumFrom(graph.start));
  bounds.values.max_calls = static_cast<uint32_t>(calls.From(graph.start));
  bounds.values.worst_first_byte_ms = wait.SumFrom(graph.start);
  if (graph.deadline_ms != 0 && graph.deadline_ms < bounds.values.worst_first_byte_ms) {
    bounds.values.worst_first_byte_ms = graph.deadline_ms;
    bounds.deadline_caps = true;
  }
  return bounds;
}

}  // namespace junctor::compiler
