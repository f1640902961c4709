// Reads the sections of a program file from untrusted bytes. The counterpart of program_encoder.cc.
#include <cstring>
#include <new>

#include "absl/strings/str_cat.h"
#include "runtime/program/program_limits.h"
#include "runtime/program/program_sections.h"

namespace junctor {
namespace {

// Bytes that a record takes in the file when its strings and lists are empty: see the encoder's
// function of the same record.
constexpr size_t kStringBytes = 4;
constexpr size_t kValueBytes = 1;
constexpr size_t kMemberBytes = kStringBytes + kValueBytes;
constexpr size_t kPatternBytes = 2 * kStringBytes;
constexpr size_t kMatcherBytes = 5;
constexpr size_t kNodeBytes = 11 + kStringBytes;
constexpr size_t kSwitchBytes = 8;
constexpr size_t kCaseBytes = 8;
constexpr size_t kSplitBytes = 10;
constexpr size_t kOutputBytes = 8 + kStringBytes;
constexpr size_t kLimitBytes = 23;
constexpr size_t kModelBytes = 37 + 4 * kStringBytes;
constexpr size_t kInstructionBytes = 16;

// A count of records that fits both into the bytes that are left and under `most`.
uint32_t CountUpTo(size_t most, size_t min_bytes, std::string_view what, ByteReader* in) {
  const uint32_t count = in->Count(min_bytes, what);
  if (count <= most) return count;
  in->Fail(absl::StrCat("too many ", std::string(what), ": ", count, " (limit is ", most, ")"));
  return 0;
}

// Reads values into an arena; keeps count of them across one section.
class ValueReader {
 public:
  ValueReader(ByteReader* in, std::pmr::monotonic_buffer_resource* arena)
      : in_(in), arena_(arena) {}

  // `level`: arrays and documents around the value. Recursion ends at kMaxNesting.
  Value Read(uint32_t level) {
    if (++values_ > kMaxConstantValues) {
      in_->Fail(absl::StrCat("too many values in constants (limit is ", kMaxConstantValues, ")"));
    }
    const auto kind = static_cast<ValueKind>(
        in_->Enumerator(static_cast<uint8_t>(ValueKind::kObject) + 1, "kind of value"));
    switch (kind) {
      case ValueKind::kMissing:
        return {};
      case ValueKind::kNull:
        return Value::Null();
      case ValueKind::kBool:
        return Value::Bool(in_->Bool());
      case ValueKind::kInt:
        return Value::Int(static_cast<int64_t>(in_->U64()));
      case ValueKind::kDouble:
        return ReadDouble();
      case ValueKind::kString:
        return Value::String(ReadText());
      case ValueKind::kArray:
      case ValueKind::kObject:
        if (level == kMaxNesting) {
          in_->Fail(absl::StrCat("a constant is nested more than ", kMaxNesting, " deep"));
          return {};
        }
        return kind == ValueKind::kArray ? ReadArray(level) : ReadObject(level);
    }
    return {};
  }

 private:
  // Refuses what Value::Number would turn into another value: the file would not be the program's
  // only spelling.
  Value ReadDouble() {
    const double real = in_->F64();
    const Value value = Value::Number(real);
    if (in_->ok() && value.kind() != ValueKind::kDouble) {
      in_->Fail("a whole number is stored as a double");
    }
    return value;
  }

  std::string_view ReadText() {
    const std::string_view text = in_->String();
    if (text.empty()) return {};
    char* copy = Allocate<char>(text.size());
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  Value ReadArray(uint32_t level) {
    const uint32_t count = in_->Count(kValueBytes, "items");
    Value* items = Allocate<Value>(count);
    for (uint32_t i = 0; i < count && in_->ok(); ++i) items[i] = Read(level + 1);
    return Value::Array(items, count);
  }

  Value ReadObject(uint32_t level) {
    const uint32_t count = in_->Count(kMemberBytes, "members");
    Member* members = Allocate<Member>(count);
    for (uint32_t i = 0; i < count && in_->ok(); ++i) {
      members[i].key = ReadText();
      members[i].value = Read(level + 1);
    }
    return Value::Object(members, count);
  }

  template <typename T>
  T* Allocate(size_t count) {
    T* room = static_cast<T*>(arena_->allocate(count * sizeof(T), alignof(T)));
    for (size_t i = 0; i < count; ++i) new (room + i) T();
    return room;
  }

  ByteReader* in_;
  std::pmr::monotonic_buffer_resource* arena_;
  size_t values_ = 0;
};

std::vector<std::string> ReadStrings(size_t most, std::string_view what, ByteReader* in) {
  std::vector<std::string> strings(CountUpTo(most, kStringBytes, what, in));
  for (std::string& text : strings) text = in->String();
  return strings;
}

MatcherNode ReadNode(ByteReader* in) {
  MatcherNode node;
  node.kind = static_cast<MatcherNode::Kind>(
      in->Enumerator(static_cast<uint8_t>(MatcherNode::Kind::kTest) + 1, "kind of matcher node"));
  node.test = static_cast<Opcode>(in->U8());
  node.flags = in->U8();
  node.operand = in->U32();
  node.end = in->U32();
  node.path = in->String();
  return node;
}

LimitSpec ReadLimit(ByteReader* in) {
  LimitSpec limit;
  limit.type = static_cast<LimitType>(in->Enumerator(2, "type of limit"));
  limit.technique = static_cast<WindowTechnique>(in->Enumerator(2, "technique of a limit"));
  limit.reserve = in->Bool();
  limit.on_store_failure =
      static_cast<StoreFailurePolicy>(in->Enumerator(4, "store failure policy of a limit"));
  limit.limit = in->U64();
  limit.window_seconds = in->U32();
  limit.element = in->U32();
  limit.key_slots.resize(
      CountUpTo(kMaxLimitKeyFields, sizeof(uint16_t), "key fields of a limit", in));
  for (uint16_t& slot : limit.key_slots) slot = in->U16();
  return limit;
}

ModelSpec ReadModel(ByteReader* in) {
  ModelSpec model;
  model.provider = in->String();
  model.model = in->String();
  model.timeout_ms = in->U32();
  model.stall_timeout_ms = in->U32();
  model.retry_delay_ms = in->U32();
  model.retries = in->U8();
  model.backoff = static_cast<Backoff>(in->Enumerator(3, "backoff"));
  model.on_stream_failure =
      static_cast<StreamFailurePolicy>(in->Enumerator(3, "stream failure policy"));
  model.has_fallback = in->Bool();
  model.retry_on = in->U16();
  model.fallback_on = in->U16();
  model.hedge_after_ms = in->U32();
  model.health_enabled = in->Bool();
  model.health_failures = in->U32();
  model.health_cooldown_ms = in->U32();
  model.params = in->String();
  model.byok_alias = in->String();
  model.element = in->U32();
  return model;
}

}  // namespace

void DecodeHeader(ByteReader* in, ProgramParts* parts) {
  parts->route_name = in->String();
  parts->source_hash = in->U64();
  parts->deadline_ms = in->U32();
  parts->bounds.longest_path = in->U32();
  parts->bounds.max_calls = in->U32();
  parts->bounds.worst_first_byte_ms = in->U64();
}

void DecodeElements(ByteReader* in, ProgramParts* parts) {
  parts->elements = ReadStrings(kMaxElements, "elements", in);
}

void DecodeFields(ByteReader* in, ProgramParts* parts) {
  parts->fields = ReadStrings(kNoSlot, "fields", in);
}

void DecodeConstants(ByteReader* in, ProgramParts* parts) {
  parts->arena = std::make_shared<std::pmr::monotonic_buffer_resource>();
  parts->constants.resize(CountUpTo(kMaxConstantValues, kValueBytes, "constants", in));
  ValueReader values(in, parts->arena.get());
  for (Value& constant : parts->constants) {
    if (!in->ok()) return;
    constant = values.Read(0);
  }
}

void DecodePatterns(ByteReader* in, ProgramParts* parts) {
  parts->patterns.resize(CountUpTo(kMaxPatterns, kPatternBytes, "patterns", in));
  for (PatternSpec& pattern : parts->patterns) {
    pattern.pattern = in->String();
    pattern.options = in->String();
  }
}

void DecodeMatchers(ByteReader* in, ProgramParts* parts) {
  parts->matchers.resize(CountUpTo(kMaxMatcherNodes, kMatcherBytes, "matchers", in));
  for (MatcherSpec& matcher : parts->matchers) {
    matcher.document_form = in->Bool();
    matcher.nodes.resize(CountUpTo(kMaxMatcherNodes, kNodeBytes, "matcher nodes", in));
    for (MatcherNode& node : matcher.nodes) node = ReadNode(in);
  }
}

void DecodeSwitches(ByteReader* in, ProgramParts* parts) {
  parts->switches.resize(CountUpTo(kMaxCode, kSwitchBytes, "switches", in));
  for (SwitchSpec& table : parts->switches) {
    table.default_target = in->U32();
    table.cases.resize(CountUpTo(kMaxSwitchCases, kCaseBytes, "switch cases", in));
    for (SwitchSpec::Case& one : table.cases) {
      one.constant = in->U32();
      one.target = in->U32();
    }
  }
}

void DecodeSplits(ByteReader* in, ProgramParts* parts) {
  parts->splits.resize(CountUpTo(kMaxElements, kSplitBytes, "splits", in));
  for (SplitSpec& split : parts->splits) {
    split.key_slot = in->U16();
    split.element = in->U32();
    split.outputs.resize(CountUpTo(kMaxSplitOutputs, kOutputBytes, "outputs of a split", in));
    for (SplitSpec::Output& output : split.outputs) {
      output.threshold = in->U32();
      output.target = in->U32();
      output.label = in->String();
    }
  }
}

void DecodeLimits(ByteReader* in, ProgramParts* parts) {
  parts->limits.resize(CountUpTo(kMaxElements, kLimitBytes, "limits", in));
  for (LimitSpec& limit : parts->limits) limit = ReadLimit(in);
}

void DecodeModels(ByteReader* in, ProgramParts* parts) {
  parts->models.resize(CountUpTo(kMaxElements, kModelBytes, "models", in));
  for (ModelSpec& model : parts->models) model = ReadModel(in);
}

void DecodeCode(ByteReader* in, ProgramParts* parts) {
  parts->code.resize(CountUpTo(kMaxCode, kInstructionBytes, "instructions", in));
  for (Instruction& instruction : parts->code) {
    instruction.opcode = static_cast<Opcode>(in->U8());
    instruction.flags = in->U8();
    instruction.slot = in->U16();
    instruction.operand = in->U32();
    instruction.on_true = in->U32();
    instruction.on_false = in->U32();
  }
}

void DecodeDebug(ByteReader* in, ProgramParts* parts) {
  parts->debug.resize(CountUpTo(kMaxCode, sizeof(uint32_t), "debug entries", in));
  for (uint32_t& element : parts->debug) element = in->U32();
}

}  // namespace junctor
