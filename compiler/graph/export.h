// The flow graph as pictures: text for Graphviz and for Mermaid, which render it.
#pragma once

#include <string>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

// A digraph in the DOT language. Elements that nothing reaches are drawn dashed. Anything may stand
// in ids and constants.
std::string ToDot(const FlowGraph& graph);

// A Mermaid flowchart. As ToDot.
std::string ToMermaid(const FlowGraph& graph);

}  // namespace junctor::compiler
