// V11: matcher nodes nest properly, and matchers that use each other neither run in a circle nor
// grow without bound. V2 and V3 of their tests.
#include <algorithm>

#include "runtime/program/field.h"
#include "runtime/program/program_limits.h"
#include "runtime/program/utf8.h"
#include "runtime/program/verifier_rules.h"

namespace junctor {
namespace {

absl::Status VerifyPath(const ProgramParts& parts, const std::string& path, const Place& place) {
  if (path.empty()) return absl::OkStatus();
  if (!IsValidUtf8(path)) {
    return Broken("V11", place.Text(parts), ": its path is not valid UTF-8");
  }
  const auto segments = SplitFieldPath(path);
  if (segments.ok()) return absl::OkStatus();
  return Broken("V11", place.Text(parts), ": `", path, "`: ", segments.status().message());
}

// Checks one node by itself.
absl::Status VerifyNode(const ProgramParts& parts, const MatcherNode& node, const Place& place,
                        OperandChecker* operands) {
  if (node.kind > MatcherNode::Kind::kTest) {
    return Broken("V11", place.Text(parts), ": unknown kind");
  }
  if (node.kind != MatcherNode::Kind::kTest) {
    const MatcherNode unused;
    if (node.test != unused.test || node.flags != 0 || node.operand != 0 || !node.path.empty()) {
      return Broken("V2", place.Text(parts), ": the fields of a test where there is none");
    }
    return absl::OkStatus();
  }
  if (static_cast<uint8_t>(node.test) >= kOpcodeCount) {
    return Broken("V2", place.Text(parts), ": unknown opcode ", static_cast<int>(node.test));
  }
  if (!IsTest(node.test)) {
    return Broken("V11", place.Text(parts), ": `", std::string(InfoOf(node.test).name),
                  "` is no test");
  }
  absl::Status status = VerifyPath(parts, node.path, place);
  return status.ok() ? operands->Check(node.test, node.flags, node.operand, place) : status;
}

// Where the innermost of the nodes around node `i` ends; `ends` are those of the nodes that were
// open before it, outermost first, and loses those that end at `i`.
size_t EndAround(uint32_t i, std::vector<uint32_t>* ends, size_t node_count) {
  while (!ends->empty() && ends->back() == i) ends->pop_back();
  return ends->empty() ? node_count : ends->back();
}

// Checks the nodes of one matcher.
absl::Status VerifyNodes(const ProgramParts& parts, size_t index, OperandChecker* operands) {
  const std::vector<MatcherNode>& nodes = parts.matchers[index].nodes;
  if (nodes.empty()) return Broken("V11", "matcher ", index, " has no nodes");
  std::vector<uint32_t> ends;
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    const MatcherNode& node = nodes[i];
    const Place place = Place::OfNode(index, i);
    const size_t limit = EndAround(i, &ends, nodes.size());
    const bool ends_well = i == 0 ? node.end == limit : node.end > i && node.end <= limit;
    if (!ends_well) {
      return Broken("V11", place.Text(parts), " ends at ", node.end, ", and what it stands in at ",
                    limit);
    }
    if (node.kind == MatcherNode::Kind::kTest && node.end != i + 1) {
      return Broken("V11", place.Text(parts), ": a test with nodes below it");
    }
    if (ends.size() == kMaxNesting) {
      return Broken("V11", place.Text(parts), " is nested more than ", kMaxNesting, " deep");
    }
    absl::Status status = VerifyNode(parts, node, place, operands);
    if (!status.ok()) return status;
    ends.push_back(node.end);
  }
  return absl::OkStatus();
}

// Sizes of matchers with the matchers that they use ($elemMatch inside $elemMatch) written out.
class ExpansionChecker {
 public:
  explicit ExpansionChecker(const ProgramParts& parts)
      : parts_(parts), sizes_(parts.matchers.size()) {}

  // Walks the uses depth first; the recursion ends at kMaxNesting.
  absl::Status Check(uint32_t matcher, uint32_t level) {
    Expansion& expansion = sizes_[matcher];
    if (expansion.state == State::kDone) return DeepEnough(matcher, level, expansion.depth);
    if (expansion.state == State::kOpen) {
      return Broken("V11", "matcher ", matcher, " uses itself");
    }
    if (level >= kMaxNesting) return TooDeep(matcher);
    expansion.state = State::kOpen;
    const std::vector<MatcherNode>& nodes = parts_.matchers[matcher].nodes;
    size_t size = nodes.size();
    uint32_t depth = 0;
    std::vector<uint32_t> ends;
    for (uint32_t i = 0; i < nodes.size(); ++i) {
      EndAround(i, &ends, nodes.size());
      ends.push_back(nodes[i].end);
      const auto node_depth = static_cast<uint32_t>(ends.size());
      depth = std::max(depth, node_depth);
      if (nodes[i].kind != MatcherNode::Kind::kTest || nodes[i].test != Opcode::kElemMatch)
        continue;
      absl::Status status = Check(nodes[i].operand, level + node_depth);
      if (!status.ok()) return status;
      size += sizes_[nodes[i].operand].size;
      depth = std::max(depth, node_depth + sizes_[nodes[i].operand].depth);
    }
    if (size > kMaxMatcherNodes) {
      return Broken("V11", "matcher ", matcher, " has ", size,
                    " nodes with the matchers that it uses (limit is ", kMaxMatcherNodes, ")");
    }
    sizes_[matcher] = {State::kDone, depth, size};
    return DeepEnough(matcher, level, depth);
  }

 private:
  enum class State : uint8_t { kNew, kOpen, kDone };
  struct Expansion {
    State state = State::kNew;
    uint32_t depth = 0;
    size_t size = 0;
  };

  static absl::Status TooDeep(uint32_t matcher) {
    return Broken("V11", "matcher ", matcher, " is nested more than ", kMaxNesting, " deep");
  }

  static absl::Status DeepEnough(uint32_t matcher, uint32_t level, uint32_t depth) {
    return level + depth <= kMaxNesting ? absl::OkStatus() : TooDeep(matcher);
  }

  const ProgramParts& parts_;
  std::vector<Expansion> sizes_;
};

}  // namespace

absl::Status VerifyMatchers(const ProgramParts& parts) {
  OperandChecker operands(parts);
  for (size_t i = 0; i < parts.matchers.size(); ++i) {
    absl::Status status = VerifyNodes(parts, i, &operands);
    if (!status.ok()) return status;
  }
  ExpansionChecker checker(parts);
  for (uint32_t i = 0; i < parts.matchers.size(); ++i) {
    absl::Status status = checker.Check(i, 0);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace junctor
