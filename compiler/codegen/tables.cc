#include "compiler/codegen/tables.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/program/retry_rules.h"

namespace junctor::compiler {
namespace {

uint32_t LastIndex(size_t size) { return static_cast<uint32_t>(size - 1); }

MatcherNode::Kind MatcherKindOf(Condition::Kind kind) {
  switch (kind) {
    case Condition::Kind::kTrue:  // an and of nothing
    case Condition::Kind::kAnd:
      return MatcherNode::Kind::kAnd;
    case Condition::Kind::kFalse:  // an or of nothing
    case Condition::Kind::kOr:
      return MatcherNode::Kind::kOr;
    case Condition::Kind::kNot:
      return MatcherNode::Kind::kNor;
    case Condition::Kind::kTest:
    case Condition::Kind::kElemMatch:
      return MatcherNode::Kind::kTest;
  }
  return MatcherNode::Kind::kTest;
}

Opcode OpcodeOf(const Condition& test) {
  return test.kind == Condition::Kind::kElemMatch ? Opcode::kElemMatch : test.test.opcode;
}

}  // namespace

TableBuilder::TableBuilder(const FlowGraph& graph, const JumpCode& jumps)
    : graph_(graph), jumps_(jumps), element_numbers_(graph.elements.size(), kNoElement) {}

Instruction TableBuilder::Finish(const JumpDraft& draft) {
  if (draft.test != nullptr) {
    Instruction instruction = FinishTest(*draft.test);
    instruction.on_true = draft.on_true;
    instruction.on_false = draft.on_false;
    return instruction;
  }
  const Node& node = graph_.nodes[draft.node];
  Instruction instruction{};
  instruction.on_true = draft.on_true;
  instruction.on_false = draft.on_false;
  if (draft.refuses) {
    // Stands right behind its limit, whose entry is the last one.
    instruction.opcode = Opcode::kRefuse;
    instruction.operand = LastIndex(limits_.size());
    return instruction;
  }
  const uint32_t element = ElementOf(node.element);
  std::visit(
      [&](const auto& kind) {
        using Kind = std::remove_cvref_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, CallNode>) {
          instruction.opcode = Opcode::kCall;
          instruction.operand = AddModel(kind, element);
        } else if constexpr (std::is_same_v<Kind, LimitNode>) {
          instruction.opcode = Opcode::kLimit;
          instruction.operand = AddLimit(kind, element);
        } else if constexpr (std::is_same_v<Kind, SplitNode>) {
          instruction.opcode = Opcode::kSplit;
          instruction.operand = AddSplit(kind, element);
        } else if constexpr (std::is_same_v<Kind, SwitchNode>) {
          instruction.opcode = Opcode::kSwitch;
          instruction.slot = SlotOf(kind.field);
          instruction.operand = AddSwitch(kind);
        } else {
          instruction.opcode = Opcode::kEnd;
        }
      },
      node.kind);
  return instruction;
}

Instruction TableBuilder::FinishTest(const Condition& condition) {
  Instruction instruction{};
  instruction.opcode = OpcodeOf(condition);
  instruction.flags = condition.test.flags;
  instruction.slot = SlotOf(condition.test.field);
  instruction.operand = OperandOf(condition);
  return instruction;
}

uint32_t TableBuilder::OperandOf(const Condition& condition) {
  const Test& test = condition.test;
  switch (InfoOf(OpcodeOf(condition)).operand) {
    case OperandKind::kConstant:
    case OperandKind::kIntConstant:
    case OperandKind::kModulus:
    case OperandKind::kSet:
    case OperandKind::kTexts:
      return constants_.IndexOf(test.constant);
    case OperandKind::kTypeMask:
      return test.type_mask;
    case OperandKind::kPattern:
      return patterns_.IndexOf(test.pattern, test.pattern_options);
    case OperandKind::kMatcher:
      return AddMatcher(condition);
    default:
      return 0;
  }
}

uint32_t TableBuilder::AddMatcher(const Condition& condition) {
  // Matchers inside this one come first in the table, so it is filled before it is added.
  MatcherSpec matcher;
  matcher.document_form = condition.document_form;
  AddMatcherNodes(condition.children[0], matcher.nodes);
  matchers_.push_back(std::move(matcher));
  return LastIndex(matchers_.size());
}

void TableBuilder::AddMatcherNodes(const Condition& condition, std::vector<MatcherNode>& nodes) {
  const size_t index = nodes.size();
  nodes.emplace_back();
  nodes[index].kind = MatcherKindOf(condition.kind);
  if (nodes[index].kind == MatcherNode::Kind::kTest) {
    nodes[index].test = OpcodeOf(condition);
    nodes[index].flags = condition.test.flags;
    nodes[index].path = condition.test.field;
    nodes[index].operand = OperandOf(condition);
  } else {
    for (const Condition& child : condition.children) AddMatcherNodes(child, nodes);
  }
  nodes[index].end = static_cast<uint32_t>(nodes.size());
}

uint32_t TableBuilder::AddSwitch(const SwitchNode& node) {
  SwitchSpec table;
  table.cases.reserve(node.cases.size());
  for (const SwitchNode::Case& one : node.cases) {
    table.cases.push_back({constants_.IndexOf(one.constant), jumps_.entries[one.target]});
  }
  table.default_target = jumps_.entries[node.otherwise];
  switches_.push_back(std::move(table));
  return LastIndex(switches_.size());
}

uint32_t TableBuilder::AddSplit(const SplitNode& node, uint32_t element) {
  SplitSpec split;
  uint32_t threshold = 0;
  for (const SplitNode::Output& output : node.outputs) {
    threshold += output.share;
    split.outputs.push_back({output.label, threshold, jumps_.entries[output.target]});
  }
  if (!node.key.empty()) split.key_slot = SlotOf(node.key);
  split.element = element;
  splits_.push_back(std::move(split));
  return LastIndex(splits_.size());
}

uint32_t TableBuilder::AddLimit(const LimitNode& node, uint32_t element) {
  LimitSpec limit;
  limit.type = node.type;
  limit.technique = node.technique;
  limit.reserve = node.reserve;
  limit.on_store_failure = node.on_store_failure;
  limit.limit = node.limit;
  limit.window_seconds = node.window_seconds;
  for (const std::string& key : node.keys) limit.key_slots.push_back(SlotOf(key));
  limit.element = element;
  limits_.push_back(std::move(limit));
  return LastIndex(limits_.size());
}

uint32_t TableBuilder::AddModel(const CallNode& node, uint32_t element) {
  ModelSpec model = node.spec;
  model.element = element;
  model.has_fallback = node.on_fallback != kNoNode;
  // A model none of whose errors is retried makes one attempt, whatever `retries` says.
  model.retries = static_cast<uint8_t>(MaxAttempts(model) - 1);
  models_.push_back(std::move(model));
  return LastIndex(models_.size());
}

uint16_t TableBuilder::SlotOf(std::string_view field) {
  return static_cast<uint16_t>(fields_.IndexOf(field));
}

uint32_t TableBuilder::ElementOf(uint32_t element) {
  if (element == kNoElement) return kNoElement;
  uint32_t& number = element_numbers_[element];
  if (number == kNoElement) {
    number = static_cast<uint32_t>(elements_.size());
    elements_.push_back(graph_.elements[element].id);
  }
  return number;
}

void TableBuilder::MoveTo(ProgramParts& parts) {
  parts.fields = fields_.Take();
  parts.arena = constants_.arena();
  parts.constants = constants_.Take();
  parts.patterns = patterns_.Take();
  parts.elements = std::move(elements_);
  parts.matchers = std::move(matchers_);
  parts.switches = std::move(switches_);
  parts.splits = std::move(splits_);
  parts.limits = std::move(limits_);
  parts.models = std::move(models_);
}

}  // namespace junctor::compiler
