#include "tests/unit/runtime/interp/condition_program.h"

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "runtime/interp/execution.h"
#include "tests/unit/runtime/interp/program_builder.h"

namespace junctor::testing {
namespace {

using Label = ProgramBuilder::Label;

uint32_t TypeMask(const Value& operand) {
  if (operand.kind() == ValueKind::kArray) {
    uint32_t mask = 0;
    for (uint32_t i = 0; i < operand.size(); ++i) mask |= TypeMask(operand.items()[i]);
    return mask;
  }
  static const std::map<std::string, uint32_t, std::less<>> kNames = {
      {"double", kTypeDouble},
      {"string", kTypeString},
      {"object", kTypeObject},
      {"array", kTypeArray},
      {"bool", kTypeBool},
      {"null", kTypeNull},
      {"int", kTypeInt},
      {"long", kTypeLong},
      {"number", kTypeDouble | kTypeInt | kTypeLong}};
  static const std::map<int64_t, uint32_t> kCodes = {
      {1, kTypeDouble}, {2, kTypeString}, {3, kTypeObject}, {4, kTypeArray},
      {8, kTypeBool},   {10, kTypeNull},  {16, kTypeInt},   {18, kTypeLong}};
  if (operand.kind() == ValueKind::kString) return kNames.find(operand.string())->second;
  return kCodes.at(operand.integer());
}

bool HasOperators(const Value& object) {
  return object.kind() == ValueKind::kObject && object.size() > 0 &&
         object.members()[0].key.starts_with("$");
}

bool IsLogical(std::string_view key) { return key == "$and" || key == "$or" || key == "$nor"; }

class Translation {
 public:
  explicit Translation(ProgramBuilder* builder) : builder_(*builder) {}

  void Document(const Value& document, Label yes, Label no) {
    for (uint32_t i = 0; i < document.size(); ++i) {
      const Member& member = document.members()[i];
      const Label next = builder_.NewLabel();
      if (IsLogical(member.key)) {
        Logical(member, next, no);
      } else {
        FieldTests(member, next, no);
      }
      builder_.Place(next);
    }
    Jump(yes);
  }

 private:
  // No opcode jumps: a test whose two targets are one.
  void Jump(Label to) {
    builder_.Emit("if", Opcode::kExists, builder_.SlotOf("request.method"), 0, to, to);
  }

  void Logical(const Member& member, Label yes, Label no) {
    if (member.key == "$and") {
      for (uint32_t i = 0; i < member.value.size(); ++i) {
        const Label next = builder_.NewLabel();
        Document(member.value.items()[i], next, no);
        builder_.Place(next);
      }
      Jump(yes);
      return;
    }
    const bool nor = member.key == "$nor";
    for (uint32_t i = 0; i < member.value.size(); ++i) {
      const Label next = builder_.NewLabel();
      Document(member.value.items()[i], nor ? no : yes, next);
      builder_.Place(next);
    }
    Jump(nor ? yes : no);
  }

  void FieldTests(const Member& member, Label yes, Label no) {
    const uint16_t slot = builder_.SlotOf(member.key);
    if (!HasOperators(member.value)) {
      Test(slot, Opcode::kEq, builder_.Constant(member.value), yes, no);
      return;
    }
    Operators(slot, member.value, yes, no);
  }

  void Test(uint16_t slot, Opcode opcode, uint32_t operand, Label yes, Label no,
            uint8_t flags = 0) {
    builder_.Emit("if", opcode, slot, operand, yes, no, flags);
  }

  void Operators(uint16_t slot, const Value& operators, Label yes, Label no) {
    for (uint32_t i = 0; i < operators.size(); ++i) {
      const std::string_view key = operators.members()[i].key;
      const Value& operand = operators.members()[i].value;
      if (key == "$options" || key == "$caseInsensitive") continue;
      const Label next = builder_.NewLabel();
      if (key == "$not") {
        Operators(slot, operand, no, next);
      } else if (key == "$all") {
        if (operand.size() == 0) Jump(no);
        for (uint32_t k = 0; k < operand.size(); ++k) {
          const Value& item = operand.items()[k];
          const Label each = builder_.NewLabel();
          if (HasOperators(item)) {
            Operators(slot, item, each, no);
          } else {
            Test(slot, Opcode::kEq, builder_.Constant(item), each, no);
          }
          builder_.Place(each);
        }
        Jump(next);
      } else {
        Opcode opcode;
        uint8_t flags;
        bool negated;
        const uint32_t id = Operand(key, operand, operators, &opcode, &flags, &negated);
        Test(slot, opcode, id, negated ? no : next, negated ? next : no, flags);
      }
      builder_.Place(next);
    }
    Jump(yes);
  }

  uint32_t Operand(std::string_view key, const Value& operand, const Value& siblings,
                   Opcode* opcode, uint8_t* flags, bool* negated) {
    static const std::map<std::string, Opcode, std::less<>> kOpcodes = {
        {"$eq", Opcode::kEq},
        {"$ne", Opcode::kEq},
        {"$gt", Opcode::kGt},
        {"$gte", Opcode::kGe},
        {"$lt", Opcode::kLt},
        {"$lte", Opcode::kLe},
        {"$in", Opcode::kIn},
        {"$nin", Opcode::kIn},
        {"$exists", Opcode::kExists},
        {"$type", Opcode::kType},
        {"$regex", Opcode::kRegex},
        {"$mod", Opcode::kMod},
        {"$size", Opcode::kSize},
        {"$elemMatch", Opcode::kElemMatch},
        {"$startsWith", Opcode::kStartsWith},
        {"$endsWith", Opcode::kEndsWith},
        {"$contains", Opcode::kContains}};
    const auto found = kOpcodes.find(key);
    EXPECT_NE(found, kOpcodes.end()) << key;
    *opcode = found->second;
    *flags = 0;
    *negated = key == "$ne" || key == "$nin";
    switch (*opcode) {
      case Opcode::kExists:
        *negated = operand.kind() == ValueKind::kBool && !operand.boolean();
        return 0;
      case Opcode::kType:
        return TypeMask(operand);
      case Opcode::kRegex: {
        const Value options = siblings.Find("$options");
        builder_.parts().patterns.push_back(
            {std::string(operand.string()),
             options.is_missing() ? std::string() : std::string(options.string())});
        return static_cast<uint32_t>(builder_.parts().patterns.size() - 1);
      }
      case Opcode::kMod: {
        auto* items = static_cast<Value*>(
            builder_.parts().arena->allocate(2 * sizeof(Value), alignof(Value)));
        for (int i = 0; i < 2; ++i) {
          const Value& item = operand.items()[i];
          items[i] =
              item.kind() == ValueKind::kInt ? item : Value::Int(static_cast<int64_t>(item.real()));
        }
        return builder_.Constant(Value::Array(items, 2));
      }
      case Opcode::kStartsWith:
      case Opcode::kEndsWith:
      case Opcode::kContains: {
        if (siblings.Find("$caseInsensitive").kind() == ValueKind::kBool) {
          *flags = siblings.Find("$caseInsensitive").boolean() ? kFlagCaseInsensitive : 0;
        }
        if (operand.kind() == ValueKind::kArray) return builder_.Constant(operand);
        auto* item =
            static_cast<Value*>(builder_.parts().arena->allocate(sizeof(Value), alignof(Value)));
        *item = operand;
        return builder_.Constant(Value::Array(item, 1));
      }
      case Opcode::kElemMatch:
        return Matcher(operand);
      default:
        return builder_.Constant(operand);
    }
  }

  uint32_t Matcher(const Value& operand) {
    MatcherSpec spec;
    spec.document_form = !HasOperators(operand) || IsLogical(operand.members()[0].key);
    if (spec.document_form) {
      MatcherDocument(operand, &spec.nodes);
    } else {
      MatcherOperators("", operand, &spec.nodes);
    }
    builder_.parts().matchers.push_back(std::move(spec));
    return static_cast<uint32_t>(builder_.parts().matchers.size() - 1);
  }

  static size_t Open(MatcherNode::Kind kind, std::vector<MatcherNode>* nodes) {
    MatcherNode node;
    node.kind = kind;
    nodes->push_back(node);
    return nodes->size() - 1;
  }
  static void Close(size_t open, std::vector<MatcherNode>* nodes) {
    (*nodes)[open].end = static_cast<uint32_t>(nodes->size());
  }

  void MatcherDocument(const Value& document, std::vector<MatcherNode>* nodes) {
    const size_t all = Open(MatcherNode::Kind::kAnd, nodes);
    for (uint32_t i = 0; i < document.size(); ++i) {
      const Member& member = document.members()[i];
      if (IsLogical(member.key)) {
        const size_t open = Open(member.key == "$and"  ? MatcherNode::Kind::kAnd
                                 : member.key == "$or" ? MatcherNode::Kind::kOr
                                                       : MatcherNode::Kind::kNor,
                                 nodes);
        for (uint32_t k = 0; k < member.value.size(); ++k) {
          MatcherDocument(member.value.items()[k], nodes);
        }
        Close(open, nodes);
      } else if (HasOperators(member.value)) {
        MatcherOperators(std::string(member.key), member.value, nodes);
      } else {
        MatcherTest(std::string(member.key), Opcode::kEq, 0, builder_.Constant(member.value),
                    nodes);
      }
    }
    Close(all, nodes);
  }

  void MatcherOperators(const std::string& path, const Value& operators,
                        std::vector<MatcherNode>* nodes) {
    const size_t all = Open(MatcherNode::Kind::kAnd, nodes);
    for (uint32_t i = 0; i < operators.size(); ++i) {
      const std::string_view key = operators.members()[i].key;
      const Value& operand = operators.members()[i].value;
      if (key == "$options" || key == "$caseInsensitive") continue;
      if (key == "$not") {
        const size_t open = Open(MatcherNode::Kind::kNor, nodes);
        MatcherOperators(path, operand, nodes);
        Close(open, nodes);
        continue;
      }
      if (key == "$all") {
        const size_t open =
            Open(operand.size() == 0 ? MatcherNode::Kind::kOr : MatcherNode::Kind::kAnd, nodes);
        for (uint32_t k = 0; k < operand.size(); ++k) {
          MatcherTest(path, Opcode::kEq, 0, builder_.Constant(operand.items()[k]), nodes);
        }
        Close(open, nodes);
        continue;
      }
      Opcode opcode;
      uint8_t flags;
      bool negated;
      const uint32_t id = Operand(key, operand, operators, &opcode, &flags, &negated);
      const size_t open = negated ? Open(MatcherNode::Kind::kNor, nodes) : 0;
      MatcherTest(path, opcode, flags, id, nodes);
      if (negated) Close(open, nodes);
    }
    Close(all, nodes);
  }

  static void MatcherTest(const std::string& path, Opcode opcode, uint8_t flags, uint32_t operand,
                          std::vector<MatcherNode>* nodes) {
    MatcherNode node;
    node.test = opcode;
    node.flags = flags;
    node.operand = operand;
    node.path = path;
    node.end = static_cast<uint32_t>(nodes->size() + 1);
    nodes->push_back(node);
  }

  ProgramBuilder& builder_;
};

}  // namespace

std::shared_ptr<const Program> ConditionProgram(std::string_view condition) {
  ProgramBuilder builder;
  const Label yes = builder.NewLabel();
  const Label no = builder.NewLabel();
  const uint32_t root = builder.JsonConstant(condition);
  const Value document = builder.parts().constants[root];
  EXPECT_EQ(document.kind(), ValueKind::kObject) << condition;
  builder.parts().constants.clear();
  Translation(&builder).Document(document, yes, no);
  builder.Place(yes);
  builder.Emit("yes", Opcode::kEnd, 0, 0);
  builder.Place(no);
  builder.Emit("no", Opcode::kEnd, 0, 0);
  return builder.Build();
}

bool Holds(std::string_view condition, const Request* request) {
  const std::shared_ptr<const Program> program = ConditionProgram(condition);
  if (program == nullptr) return false;
  Execution execution(program, request);
  EXPECT_TRUE(std::holds_alternative<FinishStep>(execution.Start()));
  EXPECT_FALSE(execution.path().empty());
  return program->ElementName(execution.path().back()) == "yes";
}

}  // namespace junctor::testing
