// Puts cheap tests before dear ones in each and/or. Right because conditions have no effects and
// never fail (R32), so only time depends on the order. Fields of headers and metadata come first:
// with luck the body is never looked at.
#include <algorithm>
#include <compare>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/passes/pass.h"
#include "runtime/program/field.h"

namespace junctor::compiler {
namespace {

// What a condition needs before it can be decided, cheapest first.
enum class FieldCost : uint8_t {
  kAtHand,   // known before the body is looked at
  kBody,     // found in the body by one scan, which all fields share
  kDerived,  // computed from all messages
};

// An estimate: what the dearest field costs counts more than all work on values.
struct Cost {
  FieldCost field = FieldCost::kAtHand;
  uint64_t work = 0;
  auto operator<=>(const Cost&) const = default;
};

FieldCost CostOfField(std::string_view field) {
  if (field.starts_with("metadata.") || field.starts_with("headers.")) return FieldCost::kAtHand;
  if (!field.starts_with("request.")) return FieldCost::kBody;
  const auto parsed = ParseField(field);
  if (!parsed.ok()) return FieldCost::kBody;
  switch (parsed->fact) {
    case RequestFact::kMethod:
    case RequestFact::kPath:
    case RequestFact::kBodyBytes:
    case RequestFact::kClientIp:
    case RequestFact::kHourUtc:
    case RequestFact::kWeekdayUtc:
      return FieldCost::kAtHand;
    case RequestFact::kStream:
    case RequestFact::kModel:
    case RequestFact::kMessageCount:
    case RequestFact::kHasTools:
      return FieldCost::kBody;
    case RequestFact::kEstimatedInputTokens:
    case RequestFact::kHasImages:
    case RequestFact::kLastUserText:
      return FieldCost::kDerived;
  }
  return FieldCost::kBody;
}

// Work of one test in units of a comparison of two scalars.
uint64_t WorkOfTest(const Test& test) {
  switch (test.opcode) {
    case Opcode::kIn:
      return 2;
    case Opcode::kStartsWith:
    case Opcode::kEndsWith:
      return 1 + test.constant.size();
    case Opcode::kContains:
      return 4 * (1 + uint64_t{test.constant.size()});
    case Opcode::kRegex:
      return 50;
    default:
      return test.constant.is_compound() ? 4 : 1;
  }
}

// A matcher runs for each element of an array.
constexpr uint64_t kElementsGuess = 8;

// Orders the children of every and/or in `condition`, whose cost is returned.
Cost Order(Condition& condition) {
  switch (condition.kind) {
    case Condition::Kind::kTest:
      return {CostOfField(condition.test.field), WorkOfTest(condition.test)};
    case Condition::Kind::kElemMatch: {
      const Cost inner = Order(condition.children[0]);
      return {CostOfField(condition.test.field), kElementsGuess * (1 + inner.work)};
    }
    default:
      break;
  }
  std::vector<std::pair<Cost, size_t>> ranks;
  Cost total;
  for (size_t i = 0; i < condition.children.size(); ++i) {
    const Cost cost = Order(condition.children[i]);
    ranks.emplace_back(cost, i);
    total.field = std::max(total.field, cost.field);
    total.work += cost.work;
  }
  if (std::is_sorted(ranks.begin(), ranks.end())) return total;
  std::sort(ranks.begin(), ranks.end());
  std::vector<Condition> ordered;
  ordered.reserve(ranks.size());
  for (const auto& [cost, index] : ranks) {
    ordered.push_back(std::move(condition.children[index]));
  }
  condition.children = std::move(ordered);
  return total;
}

}  // namespace

void OrderTests(FlowGraph& graph) {
  for (Node& node : graph.nodes) {
    if (auto* branch = std::get_if<BranchNode>(&node.kind)) Order(branch->condition);
  }
}

}  // namespace junctor::compiler
