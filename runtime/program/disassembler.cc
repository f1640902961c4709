// A program as text. The form of each line:
//
//   program support  format=1 source=9f2c… deadline=30000ms
//   counts   code=4 elements=5 slots=2 …
//   bounds   longest_path=4 max_calls=3 worst_first_byte=60000ms
//   slot     s0 metadata.plan
//   matcher  m0 of documents
//   pc  mnemonic  operands  t=… f=…  ; element
#include "runtime/program/disassembler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/program/error_class.h"
#include "runtime/program/program_file.h"

namespace junctor {
namespace {

constexpr size_t kMnemonicWidth = 12;
constexpr size_t kOperandWidth = 44;
// Where the element's id begins, as far as the line leaves room.
constexpr size_t kCommentColumn = 80;

// Cases of a switch that are printed: the rest is counted.
constexpr size_t kMaxPrintedCases = 16;

// A decimal number of `units` that are 10^-digits each, without trailing zeros.
std::string Decimal(uint64_t units, int digits) {
  uint64_t scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  std::string fraction = absl::StrFormat("%0*d", digits, units % scale);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  std::string whole = absl::StrCat(units / scale);
  return fraction.empty() ? whole : absl::StrCat(whole, ".", fraction);
}

std::string Quoted(std::string_view text) { return ValueToText(Value::String(text)); }

// Compact JSON as it is, or only its size where it is long.
std::string Params(const std::string& json) {
  constexpr size_t kMaxPrinted = 120;
  return json.size() <= kMaxPrinted ? json : absl::StrCat("<", json.size(), " bytes>");
}

// Characters of UTF-8 text.
size_t WidthOf(std::string_view text) {
  size_t width = 0;
  for (const char c : text) width += (c & 0xc0) == 0x80 ? 0 : 1;
  return width;
}

// `text` with blanks up to `width` characters; one at least, so that columns never touch.
std::string Padded(std::string text, size_t width) {
  const size_t present = WidthOf(text);
  text.append(present < width ? width - present : 1, ' ');
  return text;
}

std::string_view BackoffName(Backoff backoff) {
  switch (backoff) {
    case Backoff::kConstant:
      return "constant";
    case Backoff::kLinear:
      return "linear";
    case Backoff::kExponential:
      return "exponential";
  }
  return "";
}

std::string_view StreamFailureName(StreamFailurePolicy policy) {
  switch (policy) {
    case StreamFailurePolicy::kError:
      return "error";
    case StreamFailurePolicy::kContinue:
      return "continue";
    case StreamFailurePolicy::kHold:
      return "hold";
  }
  return "";
}

std::string ErrorClassNames(ErrorClassSet set) {
  std::string names;
  for (uint8_t i = 0; i < kErrorClassCount; ++i) {
    const auto error = static_cast<ErrorClass>(i);
    if (!Contains(set, error)) continue;
    if (!names.empty()) names += ',';
    names += ErrorClassName(error);
  }
  return names.empty() ? "none" : names;
}

std::string TypeNames(uint32_t mask) {
  constexpr std::pair<TypeBit, std::string_view> kTypes[] = {
      {kTypeDouble, "double"}, {kTypeString, "string"}, {kTypeObject, "object"},
      {kTypeArray, "array"},   {kTypeBool, "bool"},     {kTypeNull, "null"},
      {kTypeInt, "int"},       {kTypeLong, "long"}};
  std::string names;
  for (const auto& [bit, name] : kTypes) {
    if ((mask & bit) == 0) continue;
    if (!names.empty()) names += '|';
    names += name;
  }
  return names.empty() ? "none" : names;
}

// Prints one program.
class Disassembly {
 public:
  explicit Disassembly(const Program& program) : program_(program), parts_(program.parts()) {}

  std::string Print() {
    PrintHead();
    PrintMatchers();
    for (uint32_t pc = 0; pc < parts_.code.size(); ++pc) PrintInstruction(pc);
    return std::move(out_);
  }

 private:
  void PrintHead() {
    absl::StrAppend(&out_, "program ", parts_.route_name, "  format=", kProgramFormat,
                    " source=", absl::Hex(parts_.source_hash, absl::kZeroPad16));
    if (parts_.deadline_ms != 0) absl::StrAppend(&out_, " deadline=", parts_.deadline_ms, "ms");
    absl::StrAppend(&out_, "\ncounts   code=", parts_.code.size(),
                    " elements=", parts_.elements.size(), " slots=", parts_.fields.size(),
                    " constants=", parts_.constants.size(), " patterns=", parts_.patterns.size(),
                    " matchers=", parts_.matchers.size(), " switches=", parts_.switches.size(),
                    " splits=", parts_.splits.size(), " limits=", parts_.limits.size(),
                    " models=", parts_.models.size(), "\n");
    absl::StrAppend(&out_, "bounds   longest_path=", parts_.bounds.longest_path,
                    " max_calls=", parts_.bounds.max_calls,
                    " worst_first_byte=", parts_.bounds.worst_first_byte_ms, "ms\n");
    for (size_t i = 0; i < parts_.fields.size(); ++i) {
      absl::StrAppend(&out_, "slot     s", i, " ", parts_.fields[i], "\n");
    }
  }

  void PrintMatchers() {
    for (size_t i = 0; i < parts_.matchers.size(); ++i) {
      const MatcherSpec& matcher = parts_.matchers[i];
      absl::StrAppend(&out_, "matcher  m", i,
                      matcher.document_form ? " of documents\n" : " of elements\n");
      std::vector<uint32_t> ends;
      for (uint32_t node = 0; node < matcher.nodes.size(); ++node) {
        while (!ends.empty() && ends.back() == node) ends.pop_back();
        out_.append(11 + 2 * ends.size(), ' ');
        absl::StrAppend(&out_, Node(matcher.nodes[node]), "\n");
        ends.push_back(matcher.nodes[node].end);
      }
    }
  }

  std::string Node(const MatcherNode& node) const {
    switch (node.kind) {
      case MatcherNode::Kind::kAnd:
        return "and";
      case MatcherNode::Kind::kOr:
        return "or";
      case MatcherNode::Kind::kNor:
        return "nor";
      case MatcherNode::Kind::kTest:
        break;
    }
    const std::string operand = Operand(node.test, node.flags, node.operand);
    return absl::StrCat(std::string(InfoOf(node.test).name), " ",
                        node.path.empty() ? "element" : node.path, operand.empty() ? "" : " ",
                        operand);
  }

  void PrintInstruction(uint32_t pc) {
    const Instruction& instruction = parts_.code[pc];
    const OpcodeInfo& info = InfoOf(instruction.opcode);
    std::string operands;
    if (info.slot == SlotUse::kSlot) operands = absl::StrCat("s", instruction.slot);
    const std::string operand = Operand(instruction.opcode, instruction.flags, instruction.operand);
    if (!operands.empty() && !operand.empty()) operands += ' ';
    operands += operand;
    std::string line = absl::StrFormat("%5d  ", pc);
    line += Padded(std::string(info.name), kMnemonicWidth);
    line += Padded(std::move(operands), kOperandWidth);
    if (info.successors == Successors::kBranch) {
      absl::StrAppend(&line, "t=", instruction.on_true, " f=", instruction.on_false);
    }
    const std::string_view element = program_.ElementOf(pc);
    if (!element.empty()) {
      line = absl::StrCat(Padded(std::move(line), kCommentColumn), "; ", std::string(element));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&out_, line, "\n");
  }

  std::string Operand(Opcode opcode, uint8_t flags, uint32_t operand) const {
    std::string text;
    switch (InfoOf(opcode).operand) {
      case OperandKind::kNone:
        break;
      case OperandKind::kConstant:
      case OperandKind::kIntConstant:
      case OperandKind::kModulus:
      case OperandKind::kSet:
      case OperandKind::kTexts:
        text = ValueToText(parts_.constants[operand]);
        break;
      case OperandKind::kTypeMask:
        text = TypeNames(operand);
        break;
      case OperandKind::kPattern:
        text = Quoted(parts_.patterns[operand].pattern);
        if (!parts_.patterns[operand].options.empty()) {
          absl::StrAppend(&text, " options=", parts_.patterns[operand].options);
        }
        break;
      case OperandKind::kMatcher:
        text = absl::StrCat("m", operand);
        break;
      case OperandKind::kSwitch:
        text = Switch(parts_.switches[operand]);
        break;
      case OperandKind::kSplit:
        text = Split(parts_.splits[operand]);
        break;
      case OperandKind::kLimit:
        text = Limit(parts_.limits[operand]);
        break;
      case OperandKind::kModel:
        text = Model(parts_.models[operand]);
        break;
    }
    if ((flags & kFlagCaseInsensitive) != 0) text += " case_insensitive";
    return text;
  }

  std::string Switch(const SwitchSpec& table) const {
    std::string text = "{";
    const size_t printed = std::min(table.cases.size(), kMaxPrintedCases);
    for (size_t i = 0; i < printed; ++i) {
      if (i > 0) text += ' ';
      absl::StrAppend(&text, ValueToText(parts_.constants[table.cases[i].constant]), "→",
                      table.cases[i].target);
    }
    if (printed < table.cases.size()) {
      absl::StrAppend(&text, " … ", table.cases.size() - printed, " more");
    }
    absl::StrAppend(&text, "} else ", table.default_target);
    return text;
  }

  std::string Split(const SplitSpec& split) const {
    std::string text = split.key_slot == kNoSlot ? "draw" : absl::StrCat("by s", split.key_slot);
    text += " {";
    uint32_t previous = 0;
    for (size_t i = 0; i < split.outputs.size(); ++i) {
      const SplitSpec::Output& output = split.outputs[i];
      if (i > 0) text += ' ';
      // 1/10000 of a percent.
      absl::StrAppend(&text, Decimal(output.threshold - previous, 4), "% ", Quoted(output.label),
                      "→", output.target);
      previous = output.threshold;
    }
    return text + "}";
  }

  // Empty: the configuration's.
  static std::string_view PolicyName(StoreFailurePolicy policy) {
    switch (policy) {
      case StoreFailurePolicy::kConfigured:
        return {};
      case StoreFailurePolicy::kLocal:
        return "local";
      case StoreFailurePolicy::kAllow:
        return "allow";
      case StoreFailurePolicy::kRefuse:
        return "refuse";
    }
    return {};
  }

  std::string Limit(const LimitSpec& limit) const {
    const bool is_cost = limit.type == LimitType::kCost;
    std::string text =
        is_cost ? absl::StrCat("$", Decimal(limit.limit, 9)) : absl::StrCat(limit.limit);
    absl::StrAppend(&text, " per ", limit.window_seconds, " s ",
                    limit.technique == WindowTechnique::kFixed ? "fixed" : "sliding");
    for (size_t i = 0; i < limit.key_slots.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? " by " : ",", parts_.fields[limit.key_slots[i]]);
    }
    if (limit.reserve) text += " reserve";
    if (const std::string_view policy = PolicyName(limit.on_store_failure); !policy.empty()) {
      text.append(" on_store_failure=").append(policy);
    }
    return text;
  }

  // The timeout and the number of retries, and of the rest what differs from the defaults (R19,
  // R21).
  std::string Model(const ModelSpec& model) const {
    const ModelSpec defaults;
    std::string text = absl::StrCat(model.provider, "/", model.model, " timeout=", model.timeout_ms,
                                    "ms retries=", int{model.retries});
    if (model.retry_delay_ms != defaults.retry_delay_ms) {
      absl::StrAppend(&text, " delay=", model.retry_delay_ms, "ms");
    }
    if (model.backoff != defaults.backoff) {
      absl::StrAppend(&text, " backoff=", std::string(BackoffName(model.backoff)));
    }
    if (model.retry_on != DefaultRetryOn(model.has_fallback)) {
      absl::StrAppend(&text, " retry_on=", ErrorClassNames(model.retry_on));
    }
    if (!model.has_fallback) {
      text += " no_fallback";
    } else if (model.fallback_on != DefaultFallbackOn()) {
      absl::StrAppend(&text, " fallback_on=", ErrorClassNames(model.fallback_on));
    }
    if (model.stall_timeout_ms != defaults.stall_timeout_ms) {
      absl::StrAppend(&text, " stall=", model.stall_timeout_ms, "ms");
    }
    if (model.on_stream_failure != defaults.on_stream_failure) {
      absl::StrAppend(
          &text, " on_stream_failure=", std::string(StreamFailureName(model.on_stream_failure)));
    }
    if (model.hedge_after_ms != 0) absl::StrAppend(&text, " hedge=", model.hedge_after_ms, "ms");
    if (!model.health_enabled) {
      text += " health=off";
    } else if (model.health_failures != defaults.health_failures ||
               model.health_cooldown_ms != defaults.health_cooldown_ms) {
      absl::StrAppend(&text, " health=", model.health_failures, "/", model.health_cooldown_ms,
                      "ms");
    }
    if (!model.params.empty()) absl::StrAppend(&text, " params=", Params(model.params));
    if (!model.byok_alias.empty()) absl::StrAppend(&text, " byok=", Quoted(model.byok_alias));
    return text;
  }

  const Program& program_;
  const ProgramParts& parts_;
  std::string out_;
};

}  // namespace

std::string Disassemble(const Program& program) { return Disassembly(program).Print(); }

}  // namespace junctor
