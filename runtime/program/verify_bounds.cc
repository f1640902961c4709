// V14: the bounds that the compiler states hold for the code.
#include <algorithm>

#include "runtime/program/call_bound.h"
#include "runtime/program/verifier_rules.h"

namespace junctor {
namespace {

// The most that a run can meet from some instruction on.
struct Reach {
  // Model, rate and percentage elements: each has one instruction on any path.
  uint64_t elements = 0;
  CallBound calls;

  void Cover(const Reach& other) {
    elements = std::max(elements, other.elements);
    junctor::Cover(other.calls, &calls);
  }
};

// Works backwards through the code, where all targets of an instruction are known before it. A
// table is walked once, when its last user is met: all of its targets lie behind each of its users.
class ReachFinder {
 public:
  explicit ReachFinder(const ProgramParts& parts)
      : parts_(parts),
        from_(parts.code.size()),
        switches_(parts.switches.size()),
        splits_(parts.splits.size()) {}

  Reach FromBegin() {
    for (size_t pc = parts_.code.size(); pc-- > 0;) from_[pc] = From(parts_.code[pc]);
    return from_.front();
  }

 private:
  struct TableReach {
    bool known = false;
    Reach reach;
  };

  Reach From(const Instruction& instruction) {
    switch (instruction.opcode) {
      case Opcode::kEnd:
      case Opcode::kRefuse:
        return {};
      case Opcode::kSwitch:
        return OfSwitch(instruction.operand);
      case Opcode::kSplit: {
        Reach reach = OfSplit(instruction.operand);
        ++reach.elements;
        return reach;
      }
      case Opcode::kCall: {
        const ModelSpec& model = parts_.models[instruction.operand];
        const Reach& success = from_[instruction.on_true];
        const Reach* fallback = model.has_fallback ? &from_[instruction.on_false] : nullptr;
        Reach reach = success;
        if (fallback != nullptr) reach.Cover(*fallback);
        ++reach.elements;
        reach.calls =
            BoundOfModel(model, success.calls, fallback == nullptr ? nullptr : &fallback->calls);
        return reach;
      }
      default: {
        Reach reach = from_[instruction.on_true];
        reach.Cover(from_[instruction.on_false]);
        if (instruction.opcode == Opcode::kLimit) ++reach.elements;
        return reach;
      }
    }
  }

  const Reach& OfSwitch(uint32_t index) {
    TableReach& table = switches_[index];
    if (!table.known) {
      table = {true, from_[parts_.switches[index].default_target]};
      for (const SwitchSpec::Case& one : parts_.switches[index].cases) {
        table.reach.Cover(from_[one.target]);
      }
    }
    return table.reach;
  }

  const Reach& OfSplit(uint32_t index) {
    TableReach& table = splits_[index];
    if (!table.known) {
      table.known = true;
      for (const SplitSpec::Output& output : parts_.splits[index].outputs) {
        table.reach.Cover(from_[output.target]);
      }
    }
    return table.reach;
  }

  const ProgramParts& parts_;
  std::vector<Reach> from_;
  std::vector<TableReach> switches_;
  std::vector<TableReach> splits_;
};

}  // namespace

absl::Status VerifyBounds(const ProgramParts& parts) {
  const Reach reach = ReachFinder(parts).FromBegin();
  if (parts.bounds.longest_path < reach.elements) {
    return Broken("V14", "a path of ", reach.elements, " elements, where the bound is ",
                  parts.bounds.longest_path);
  }
  if (parts.bounds.max_calls < reach.calls.any) {
    return Broken("V14", "a path with ", reach.calls.any, " model calls, where the bound is ",
                  parts.bounds.max_calls);
  }
  return absl::OkStatus();
}

}  // namespace junctor
