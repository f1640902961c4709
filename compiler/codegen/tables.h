// Second step of codegen: slots, operands and the tables that they point into.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "compiler/codegen/jumps.h"
#include "compiler/codegen/pools.h"
#include "compiler/graph/flow_graph.h"
#include "runtime/program/program_parts.h"

namespace junctor::compiler {

// Collects the tables of one program while its instructions are finished in the order of the code.
// Everything is numbered by first use. The graph and the jumps must outlive it.
class TableBuilder {
 public:
  TableBuilder(const FlowGraph& graph, const JumpCode& jumps);

  // The whole of `draft`, the next one in the order of the code.
  Instruction Finish(const JumpDraft& draft);

  // The number of element `element` of the graph in the program.
  uint32_t ElementOf(uint32_t element);

  // How many fields the program reads. More than kNoSlot have no slot: the tables are no good then.
  size_t field_count() const { return fields_.size(); }

  // Moves the tables into `parts`.
  void MoveTo(ProgramParts& parts);

 private:
  Instruction FinishTest(const Condition& condition);
  // The operand of a test; the tables' entry for its constant, pattern or matcher is made where
  // there is none.
  uint32_t OperandOf(const Condition& condition);
  uint32_t AddMatcher(const Condition& condition);
  // Appends `condition`, a condition on an element of an array, to `nodes` in preorder.
  void AddMatcherNodes(const Condition& condition, std::vector<MatcherNode>& nodes);

  uint32_t AddSwitch(const SwitchNode& node);
  uint32_t AddSplit(const SplitNode& node, uint32_t element);
  uint32_t AddLimit(const LimitNode& node, uint32_t element);
  uint32_t AddModel(const CallNode& node, uint32_t element);

  uint16_t SlotOf(std::string_view field);

  const FlowGraph& graph_;
  const JumpCode& jumps_;
  TextPool fields_;
  ConstantPool constants_;
  PatternPool patterns_;
  std::vector<uint32_t>
      element_numbers_;  // by element of the graph; kNoElement: not in the program
  std::vector<std::string> elements_;
  std::vector<MatcherSpec> matchers_;
  std::vector<SwitchSpec> switches_;
  std::vector<SplitSpec> splits_;
  std::vector<LimitSpec> limits_;
  std::vector<ModelSpec> models_;
};

}  // namespace junctor::compiler
