#include "compiler/graph/bounds.h"

#include <algorithm>
#include <variant>

#include "compiler/graph/topological_order.h"

namespace junctor::compiler {
namespace {

// Classes that are recognised without an HTTP answer, hence without headers.
constexpr ErrorClassSet kClassesWithoutAnswer =
    Only(ErrorClass::kConnect) | Only(ErrorClass::kReset) | Only(ErrorClass::kTimeout) |
    Only(ErrorClass::kStream);

// The delay before retry `retry` (from 1), without jitter.
uint64_t BackoffMs(const ModelSpec& model, uint32_t retry) {
  switch (model.backoff) {
    case Backoff::kConstant:
      return model.retry_delay_ms;
    case Backoff::kLinear:
      return uint64_t{model.retry_delay_ms} * retry;
    case Backoff::kExponential:
      return uint64_t{model.retry_delay_ms} << (retry - 1);
  }
  return model.retry_delay_ms;
}

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

}  // namespace

uint32_t MaxAttempts(const ModelSpec& model) {
  return model.retry_on == 0 ? 1 : 1u + model.retries;
}

uint64_t WorstModelMs(const ModelSpec& model) {
  const uint32_t attempts = MaxAttempts(model);
  const bool may_have_retry_after = (model.retry_on & ~kClassesWithoutAnswer) != 0;
  uint64_t total = uint64_t{model.timeout_ms} * attempts;
  for (uint32_t retry = 1; retry < attempts; ++retry) {
    uint64_t delay = (BackoffMs(model, retry) * (100 + kMaxJitterPercent) + 99) / 100;
    if (may_have_retry_after) delay = std::max(delay, kMaxRetryAfterMs);
    total += delay;
  }
  return total;
}

RouteBounds ComputeBounds(const FlowGraph& graph) {
  const std::vector<NodeId> order = TopologicalOrder(graph);
  Maximum elements(graph.nodes.size());
  Maximum calls(graph.nodes.size());
  Maximum wait(graph.nodes.size());
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    const auto* call = std::get_if<CallNode>(&graph.nodes[*node].kind);
    elements.Add(graph, *node, 1);
    calls.Add(graph, *node, call == nullptr ? 0 : MaxAttempts(call->spec));
    wait.Add(graph, *node, call == nullptr ? 0 : WorstModelMs(call->spec));
  }

  RouteBounds bounds;
  bounds.longest_path = elements.PathFrom(graph.start);
  bounds.most_calls = calls.PathFrom(graph.start);
  bounds.slowest = wait.PathFrom(graph.start);
  bounds.values.longest_path = static_cast<uint32_t>(elements.SumFrom(graph.start));
  bounds.values.max_calls = static_cast<uint32_t>(calls.SumFrom(graph.start));
  bounds.values.worst_first_byte_ms = wait.SumFrom(graph.start);
  if (graph.deadline_ms != 0 && graph.deadline_ms < bounds.values.worst_first_byte_ms) {
    bounds.values.worst_first_byte_ms = graph.deadline_ms;
    bounds.deadline_caps = true;
  }
  return bounds;
}

}  // namespace junctor::compiler
