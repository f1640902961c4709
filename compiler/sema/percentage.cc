// Percentage elements (R12, R13). See elements.h.
#include <algorithm>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/decimal.h"
#include "compiler/sema/elements.h"
#include "compiler/sema/fields.h"
#include "compiler/sema/outputs.h"
#include "compiler/sema/properties.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/shape.h"
#include "compiler/syntax/suggest.h"

namespace junctor::compiler {
namespace {

constexpr std::string_view kElse = "else";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The number in front of the `%` of an output's name, or "" where the name is not written as R12
// has it.
std::string_view ShareNumber(std::string_view name) {
  size_t i = 0;
  while (i < name.size() && IsDigit(name[i])) ++i;
  if (i == 0) return {};
  if (i < name.size() && name[i] == '.') {
    const size_t point = i++;
    while (i < name.size() && IsDigit(name[i])) ++i;
    if (i == point + 1) return {};
  }
  if (i == name.size() || name[i] != '%') return {};
  const std::string_view rest = name.substr(i + 1);
  const bool label = rest.size() > 1 && rest[0] == ' ' && rest[1] != ' ';
  return rest.empty() || label ? name.substr(0, i) : std::string_view();
}

// What `name` was most likely meant to be, or "".
std::string RepairedShare(std::string_view name) {
  if (!ClosestName(name, {kElse}).empty()) return std::string(kElse);
  std::string repaired;
  size_t i = 0;
  while (i < name.size() && (IsDigit(name[i]) || name[i] == '.' || name[i] == ',')) {
    repaired += name[i] == ',' ? '.' : name[i];
    ++i;
  }
  if (repaired.empty()) return "";
  if (repaired[0] == '.') repaired.insert(0, "0");
  repaired += '%';
  while (i < name.size() && (name[i] == ' ' || name[i] == '%' || name[i] == ':' || name[i] == '-'))
    ++i;
  if (i < name.size()) repaired += " " + std::string(name.substr(i));
  return ShareNumber(repaired).empty() ? "" : repaired;
}

class PercentageChecker {
 public:
  PercentageChecker(uint32_t index, SemaContext* context)
      : index_(index), context_(*context), element_(context->route.elements[index]) {}

  SplitNode Check() {
    const Properties properties(element_, &context_);
    if (const JsonValue* key = properties.Find("key"); key != nullptr) {
      node_.key = ReadKeyField(*key, Text({"`key` of ", properties.owner()}), &context_);
    }
    for (size_t i = 0; i < element_.outputs.size(); ++i) ReadOutput(i);
    CheckCount();
    CheckSum();
    std::vector<NodeId> targets;
    for (const SplitNode::Output& output : node_.outputs) targets.push_back(output.target);
    WarnOfSameTargets(index_, targets, &context_);
    return std::move(node_);
  }

 private:
  void ReadOutput(size_t i) {
    const OutputSyntax& output = element_.outputs[i];
    const NodeId target = context_.targets[index_][i];
    if (output.name == kElse) {
      else_ = &output;
      else_target_ = target;
      return;
    }
    ++share_count_;
    const std::string_view number = ShareNumber(output.name);
    if (number.empty()) {
      shares_damaged_ = true;
      Diagnostic invalid = FindingAt(DiagCode::kInvalidShare, *output.value,
                                     Text({"the output ", Quoted(output.name), " of ",
                                           OwnerName(element_), " is not a share"}),
                                     "write a number, `%`, and optionally a space and a label, "
                                     "such as `50%` or `50% control`");
      invalid.span = output.name_span;
      Suggest(&invalid, RepairedShare(output.name));
      context_.sink->Report(std::move(invalid));
      return;
    }
    const ScaledDecimal share = ScaleDecimal(number, kShareDecimals);
    const size_t point = number.find('.');
    const bool too_precise =
        share.fit == DecimalFit::kTooPrecise ||
        (point != std::string_view::npos && number.size() - point - 1 > kShareDecimals);
    if (too_precise || share.fit != DecimalFit::kExact || share.value == 0 ||
        share.value > kShareTotal) {
      shares_damaged_ = true;
      ReportRange(output, number, too_precise);
      return;
    }
    sum_ += share.value;
    node_.outputs.push_back({std::string(output.name), static_cast<uint32_t>(share.value), target});
  }

  void ReportRange(const OutputSyntax& output, std::string_view number, bool too_precise) {
    Diagnostic range = FindingAt(
        DiagCode::kShareOutOfRange, *output.value,
        too_precise
            ? Text({"the share ", Quoted(output.name), " has more than ", kShareDecimals,
                    " decimals"})
            : Text({"the share ", Quoted(output.name), " must be above 0 % and at most 100 %"}),
        too_precise
            ? Text({"write ",
                    Quoted(std::string(number.substr(0, number.find('.') + 1 + kShareDecimals)) +
                           "%")})
            : std::string("leave out an output that gets nothing"));
    range.span = output.name_span;
    context_.sink->Report(std::move(range));
  }

  void CheckCount() {
    if (element_.outputs_damaged) return;
    if (share_count_ == 0) {
      const JsonValue& where =
          element_.outputs_value != nullptr ? *element_.outputs_value : *element_.value;
      context_.links_damaged = context_.links_damaged || else_ == nullptr;
      context_.sink->Report(FindingAt(DiagCode::kMissingOutput, where,
                                      Text({OwnerName(element_), " has no output with a share"}),
                                      "add one, such as `\"50%\": {\"elementId\": \"…\"}`"));
    }
    if (share_count_ <= kMaxShares) return;
    Diagnostic many = FindingAt(DiagCode::kTooManyShares, *element_.outputs_value,
                                Text({"too many outputs with a share (limit is ", kMaxShares, ", ",
                                      OwnerName(element_), " has ", share_count_, ")"}),
                                "let one of them lead to another percentage element");
    context_.sink->Report(std::move(many));
  }

  // Exactly 100 %, or less with an `else` that takes the rest.
  void CheckSum() {
    if (shares_damaged_ || share_count_ == 0) return;
    const std::string sum = DecimalText(sum_, kShareDecimals);
    const std::string shares =
        Text({share_count_ == 1 ? "the only share of " : "the shares of ", OwnerName(element_)});
    const std::string verb = share_count_ == 1 ? " is " : " add up to ";
    if (sum_ > kShareTotal) {
      const std::string over = DecimalText(sum_ - kShareTotal, kShareDecimals);
      context_.sink->Report(FindingAt(DiagCode::kSharesOver, *element_.outputs_value,
                                      Text({shares, verb, sum, " %, ", over, " % too much"}),
                                      Text({"lower a share by ", over})));
      return;
    }
    const uint64_t rest = kShareTotal - sum_;
    if (else_ == nullptr && rest > 0) {
      const std::string missing = DecimalText(rest, kShareDecimals);
      context_.sink->Report(
          FindingAt(DiagCode::kSharesMissing, *element_.outputs_value,
                    Text({shares, verb, sum, " %, ", missing, rest == 10000 ? " % is" : " % are",
                          " missing"}),
                    Text({"add an `else` output or raise a share by ", missing})));
      return;
    }
    if (else_ == nullptr) return;
    if (rest == 0) {
      Diagnostic unreachable = FindingAt(DiagCode::kElseUnreachable, *else_->value,
                                         Text({"`else` of ", OwnerName(element_),
                                               " gets no requests: the shares add up to 100 %"}),
                                         "remove it, or lower a share");
      unreachable.span = else_->name_span;
      context_.sink->Report(std::move(unreachable));
      return;
    }
    node_.outputs.push_back({std::string(kElse), static_cast<uint32_t>(rest), else_target_});
  }

  const uint32_t index_;
  SemaContext& context_;
  const ElementSyntax& element_;
  SplitNode node_;
  const OutputSyntax* else_ = nullptr;
  NodeId else_target_ = kNoNode;
  uint64_t sum_ = 0;
  size_t share_count_ = 0;
  bool shares_damaged_ = false;
};

}  // namespace

SplitNode CheckPercentage(uint32_t index, SemaContext* context) {
  return PercentageChecker(index, context).Check();
}

}  // namespace junctor::compiler
