#include "runtime/interp/match.h"

#include <algorithm>
#include <vector>

#include "runtime/interp/path_walk.h"
#include "runtime/program/switch_table.h"

namespace junctor {
namespace {

LeafArrays LeafArraysOf(Opcode test) {
  return test == Opcode::kSize || test == Opcode::kElemMatch ? LeafArrays::kKeep
                                                             : LeafArrays::kEnter;
}

// One matcher over one element.
class ElementMatch {
 public:
  ElementMatch(const Program& program, uint32_t matcher, const Value& element)
      : program_(program),
        matcher_(matcher),
        nodes_(program.parts().matchers[matcher].nodes),
        element_(element) {}

  bool Matches() const { return Node(0); }

 private:
  bool Node(uint32_t index) const {
    const MatcherNode& node = nodes_[index];
    switch (node.kind) {
      case MatcherNode::Kind::kAnd:
        for (uint32_t child = index + 1; child < node.end; child = nodes_[child].end) {
          if (!Node(child)) return false;
        }
        return true;
      case MatcherNode::Kind::kOr:
        return SomeChild(index);
      case MatcherNode::Kind::kNor:
        return !SomeChild(index);
      case MatcherNode::Kind::kTest:
        return Test(index);
    }
    return false;
  }

  bool SomeChild(uint32_t index) const {
    for (uint32_t child = index + 1; child < nodes_[index].end; child = nodes_[child].end) {
      if (Node(child)) return true;
    }
    return false;
  }

  bool Test(uint32_t index) const {
    const MatcherNode& node = nodes_[index];
    const ValueTest test{node.test, node.flags, node.operand};
    if (node.path.empty()) return HoldsOf(program_, test, element_);
    const auto visit = [&](const Value& value) { return HoldsOf(program_, test, value); };
    return PathWalk(program_.matcher_path(matcher_, index), LeafArraysOf(node.test), visit)
        .InElement(element_);
  }

  const Program& program_;
  uint32_t matcher_;
  const std::vector<MatcherNode>& nodes_;
  const Value& element_;
};

}  // namespace

bool HoldsAlong(const Program& program, const ValueTest& test, const Value& root,
                std::span<const std::string> path, size_t from) {
  const auto visit = [&](const Value& value) { return HoldsOf(program, test, value); };
  return PathWalk(path, LeafArraysOf(test.opcode), visit).From(root, from);
}

bool SomeElementMatches(const Program& program, uint32_t matcher, const Value& value) {
  if (value.kind() != ValueKind::kArray) return false;
  const bool documents_only = program.parts().matchers[matcher].document_form;
  for (uint32_t i = 0; i < value.size(); ++i) {
    const Value& element = value.items()[i];
    if (documents_only && !element.is_compound()) continue;
    if (ElementMatch(program, matcher, element).Matches()) return true;
  }
  return false;
}

uint32_t CaseAlong(const Program& program, uint32_t index, const Value& root,
                   std::span<const std::string> path, size_t from) {
  const SwitchTable& table = program.switch_table(index);
  uint32_t lowest = SwitchTable::kNoCase;
  const auto visit = [&](const Value& value) {
    lowest = std::min(lowest, table.Find(value));
    return lowest == 0;
  };
  PathWalk(path, LeafArrays::kEnter, visit).From(root, from);
  return lowest;
}

}  // namespace junctor
