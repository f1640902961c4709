// The flow graph as pictures: text for Graphviz and for Mermaid, which render it.
#pragma once

#include <string>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

// Longest condition or other summary inside a node of a picture, in bytes; the rest is cut with an ellipsis.
inline constexpr size_t kMaxPictureTextBytes = 120;

// A digraph in the DOT language. Elements that nothing reaches are drawn dashed. Anything may stand in ids and constants.
std::string ToDot(const FlowGraph& graph);

// A Mermaid flowchart. As ToDot.
std::string ToMermaid(const FlowGraph& graph);

}  // namespace junctor::compiler
