// The flow graph: a checked route as a DAG of typed nodes. What sema makes, passes rewrite and
// codegen lays out.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <variant>
#include <vector>

#include "compiler/graph/condition.h"
#include "compiler/source/span.h"
#include "runtime/program/program_parts.h"

namespace junctor::compiler {

// Index of a node in its graph.
using NodeId = uint32_t;
inline constexpr NodeId kNoNode = 0xffffffff;

// Goes to `next`. Only the start element; passes thread it away.
struct StartNode {
  NodeId next = kNoNode;
};

// A conditional element (R11).
struct BranchNode {
  Condition condition;
  NodeId on_true = kNoNode;
  NodeId on_false = kNoNode;
};

// A percentage element (R12, R13).
struct SplitNode {
  struct Output {
    std::string label;  // the output's key as written
    uint32_t share;     // in 1/10000 of a percent; `else` has what the others leave
    NodeId target;
  };
  std::vector<Output> outputs;  // in document order, `else` last; no output of share 0
  std::string key;              // sticky field, or empty
};

// A rate element (R14).
struct LimitNode {
  LimitType type = LimitType::kCount;
  WindowTechnique technique = WindowTechnique::kFixed;
  bool reserve = false;
  StoreFailurePolicy on_store_failure = StoreFailurePolicy::kConfigured;
  uint64_t limit = 0;  // requests or nano-dollars
  uint32_t window_seconds = 0;
  std::vector<std::string> keys;
  NodeId on_success = kNoNode;
  NodeId on_fallback = kNoNode;  // kNoNode: refuse
};

// A model element (R19). `spec.element` is filled by codegen.
struct CallNode {
  ModelSpec spec;
  NodeId on_success = kNoNode;
  NodeId on_fallback = kNoNode;  // kNoNode: fail
};

// An end element (R25).
struct EndNode {};

// Equality cases on one field; made by a pass, never by sema.
struct SwitchNode {
  struct Case {
    Value constant;
    NodeId target;
  };
  std::string field;
  std::vector<Case> cases;
  NodeId otherwise = kNoNode;
};

// One node. `element` is the index into FlowGraph::elements of the element that it came from.
struct Node {
  uint32_t element = kNoElement;
  std::variant<StartNode, BranchNode, SplitNode, LimitNode, CallNode, EndNode, SwitchNode> kind;
};

// What an element is called, and where it stands.
struct ElementInfo {
  std::string id;
  Span span;  // its id in the text
};

// A checked route. Every edge names a node, there is no cycle, `start` is a StartNode; once passes
// have threaded that away, the node that runs first.
struct FlowGraph {
  std::string route_name;
  std::string description;
  uint32_t deadline_ms = 0;
  std::vector<ElementInfo> elements;  // in document order, those that nothing reaches included
  std::vector<Node> nodes;            // sema makes one per element, node i of element i
  NodeId start = kNoNode;
  std::shared_ptr<std::pmr::monotonic_buffer_resource> arena;  // owns what the constants view
};

// Calls `visit(NodeId&)` for each outgoing edge of `node`, in the order of the outputs; edges that
// are kNoNode are passed over.
template <typename NodeType, typename Visitor>
void ForEachEdge(NodeType& node, Visitor visit);

}  // namespace junctor::compiler

#include "compiler/graph/flow_graph_edges.h"
