// First step of codegen: where every node's instructions stand and where each goes on. Operands
// come in the second step.
//
// Code is made from the end to the beginning, so that all targets are known when a jump is made:
// nothing is patched, and every jump goes forward because what it goes to was there before it.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/graph/flow_graph.h"

namespace junctor::compiler {

// One instruction without its operand.
struct JumpDraft {
  NodeId node = kNoNode;            // what it belongs to
  const Condition* test = nullptr;  // a branch's: a kTest or kElemMatch in the graph; else null
  bool refuses = false;             // the end that a limit without a fallback leads to
  uint32_t on_true = 0;             // indices of drafts; 0 where there is none
  uint32_t on_false = 0;
};

// The shape of a program. Views the graph that it was made from.
struct JumpCode {
  std::vector<JumpDraft> drafts;  // in the order of the code
  std::vector<uint32_t> entries;  // by node: its first draft; nodes that nothing reaches have 0
};

// Lays out `graph` in topological order and turns its conditions into short-circuit jumps: each
// test goes straight to where the whole condition is decided, or to the next test that can decide
// it. A model without fallback goes to its success in any case; the program says elsewhere that it
// has none. REQUIRES: the required passes have run: no StartNode, no constant conditions on
// branches.
JumpCode LowerJumps(const FlowGraph& graph);

}  // namespace junctor::compiler
