#include "tests/unit/runtime/program/sample_program.h"

#include <cstring>
#include <new>
#include <utility>

namespace junctor {
namespace {

template <typename T>
T* Allocate(size_t count, std::pmr::monotonic_buffer_resource* arena) {
  T* room = static_cast<T*>(arena->allocate(count * sizeof(T), alignof(T)));
  for (size_t i = 0; i < count; ++i) new (room + i) T();
  return room;
}

Instruction Test(Opcode opcode, uint16_t slot, uint32_t operand, uint32_t on_true,
                 uint32_t on_false, uint8_t flags = 0) {
  return {opcode, flags, slot, operand, on_true, on_false};
}

Instruction Jump(Opcode opcode, uint32_t operand, uint32_t on_true = 0, uint32_t on_false = 0) {
  return {opcode, 0, 0, operand, on_true, on_false};
}

MatcherNode Group(MatcherNode::Kind kind, uint32_t end) {
  MatcherNode node;
  node.kind = kind;
  node.end = end;
  return node;
}

MatcherNode Leaf(Opcode test, uint32_t operand, std::string path, uint32_t end) {
  MatcherNode node;
  node.test = test;
  node.operand = operand;
  node.path = std::move(path);
  node.end = end;
  return node;
}

void AddConstants(ProgramParts* parts) {
  ValueMaker make(parts);
  parts->constants = {
      make.String("free"),
      make.String("pro"),
      Value::Int(5),
      Value::Number(0.5),
      Value::Null(),
      Value::Bool(true),
      make.Array({make.String("eu"), make.String("us"), make.String("ap"), make.String("sa"),
                  Value::Null(), make.Strings({"nested"}), Value::Int(7), Value::Number(1.5)}),
      make.Strings({"Hello", "Guten Tag"}),
      make.Array({Value::Int(4), Value::Int(1)}),
      make.Object({{"a", Value::Int(1)}, {"b", make.Object({{"c", make.Array({})}})}}),
  };
}

void AddTables(ProgramParts* parts) {
  parts->patterns = {{"^code:\\d+$", "im"}};

  using Kind = MatcherNode::Kind;
  MatcherSpec messages;
  messages.document_form = true;
  messages.nodes = {Group(Kind::kAnd, 5), Leaf(Opcode::kEq, kConstantFree, "role", 2),
                    Group(Kind::kOr, 5), Leaf(Opcode::kElemMatch, 1, "content.parts", 4),
                    Group(Kind::kNor, 5)};
  MatcherSpec parts_of_message;
  parts_of_message.nodes = {Leaf(Opcode::kIn, kConstantRegions, "", 1)};
  parts->matchers = {messages, parts_of_message};

  SwitchSpec plans;
  plans.cases = {{kConstantFree, kPcSplit}, {kConstantPro, kPcLimit}, {kConstantTrue, kPcEnd}};
  plans.default_target = kPcExists;
  parts->switches = {plans};

  SplitSpec split;
  split.outputs = {{"10% new", 100'000, kPcCallFirst},
                   {"33.3333%", 433'333, kPcLimit},
                   {"else", kShareTotal, kPcCallSecond}};
  split.key_slot = 3;
  split.element = 2;
  parts->splits = {split};

  LimitSpec limit;
  limit.technique = WindowTechnique::kSliding;
  limit.limit = 100;
  limit.window_seconds = 3600;
  limit.key_slots = {3, 2};
  limit.element = 3;
  parts->limits = {limit};

  ModelSpec first;
  first.provider = "openai";
  first.model = "gpt-4o";
  first.retries = 2;
  first.has_fallback = true;
  first.retry_on = DefaultRetryOn(true);
  first.fallback_on = DefaultFallbackOn();
  first.hedge_after_ms = 1'500;
  first.health_failures = 3;
  first.params = R"({"temperature":0,"stop":["a\u0062"]})";
  first.element = 4;
  ModelSpec second;
  second.provider = "anthropic";
  second.model = "claude";
  second.timeout_ms = 20'000;
  second.stall_timeout_ms = 5'000;
  second.retry_delay_ms = 250;
  second.backoff = Backoff::kLinear;
  second.on_stream_failure = StreamFailurePolicy::kHold;
  second.health_enabled = false;
  second.byok_alias = "team";
  second.retry_on = Only(ErrorClass::kConnect) | Only(ErrorClass::kRateLimit);
  second.fallback_on = DefaultFallbackOn();
  second.element = 5;
  parts->models = {first, second};
}

void AddCode(ProgramParts* parts) {
  parts->code = {
      Test(Opcode::kSwitch, 0, 0, 0, 0),
      Test(Opcode::kExists, 1, 0, kPcEq, kPcEnd),
      Test(Opcode::kEq, 1, kConstantDocument, kPcLt, kPcLt),
      Test(Opcode::kLt, 1, kConstantFive, kPcLe, kPcLe),
      Test(Opcode::kLe, 1, kConstantHalf, kPcGt, kPcGt),
      Test(Opcode::kGt, 1, kConstantFive, kPcGe, kPcGe),
      Test(Opcode::kGe, 1, kConstantNull, kPcIn, kPcIn),
      Test(Opcode::kIn, 2, kConstantRegions, kPcType, kPcType),
      Test(Opcode::kType, 1, kTypeString | kTypeLong, kPcRegex, kPcRegex),
      Test(Opcode::kRegex, 1, 0, kPcMod, kPcMod),
      Test(Opcode::kMod, 1, kConstantModulus, kPcSize, kPcSize),
      Test(Opcode::kSize, 4, kConstantFive, kPcStartsWith, kPcStartsWith),
      Test(Opcode::kStartsWith, 5, kConstantTexts, kPcSplit, kPcEndsWith, kFlagCaseInsensitive),
      Test(Opcode::kEndsWith, 5, kConstantTexts, kPcSplit, kPcContains),
      Test(Opcode::kContains, 5, kConstantTexts, kPcSplit, kPcElemMatch),
      Test(Opcode::kElemMatch, 4, 0, kPcSplit, kPcLimit),
      Jump(Opcode::kSplit, 0),
      Jump(Opcode::kLimit, 0, kPcCallFirst, kPcRefuse),
      Jump(Opcode::kRefuse, 0),
      Jump(Opcode::kCall, 0, kPcEnd, kPcCallSecond),
      Jump(Opcode::kCall, 1, kPcEnd, kPcEnd),
      Jump(Opcode::kEnd, 0),
  };
  parts->debug.assign(parts->code.size(), 1);
  parts->debug[kPcSwitch] = 0;
  parts->debug[kPcSplit] = 2;
  parts->debug[kPcLimit] = 3;
  parts->debug[kPcRefuse] = 3;
  parts->debug[kPcCallFirst] = 4;
  parts->debug[kPcCallSecond] = 5;
  parts->debug[kPcEnd] = kNoElement;
}

}  // namespace

ValueMaker::ValueMaker(ProgramParts* parts) {
  if (parts->arena == nullptr) {
    parts->arena = std::make_shared<std::pmr::monotonic_buffer_resource>();
  }
  arena_ = parts->arena.get();
}

Value ValueMaker::String(std::string_view text) {
  char* copy = Allocate<char>(text.size(), arena_);
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  return Value::String({copy, text.size()});
}

Value ValueMaker::Array(const std::vector<Value>& items) {
  Value* copy = Allocate<Value>(items.size(), arena_);
  for (size_t i = 0; i < items.size(); ++i) copy[i] = items[i];
  return Value::Array(copy, static_cast<uint32_t>(items.size()));
}

Value ValueMaker::Object(const std::vector<std::pair<std::string, Value>>& members) {
  Member* copy = Allocate<Member>(members.size(), arena_);
  for (size_t i = 0; i < members.size(); ++i) {
    copy[i] = {String(members[i].first).string(), members[i].second};
  }
  return Value::Object(copy, static_cast<uint32_t>(members.size()));
}

Value ValueMaker::Strings(const std::vector<std::string>& texts) {
  std::vector<Value> items;
  for (const std::string& text : texts) items.push_back(String(text));
  return Array(items);
}

Value ValueMaker::Nested(uint32_t levels) {
  Value value = Array({});
  for (uint32_t i = 1; i < levels; ++i) value = Array({value});
  return value;
}

ProgramParts SmallestProgram() {
  ProgramParts parts;
  parts.route_name = "smallest";
  parts.code = {Jump(Opcode::kEnd, 0)};
  parts.debug = {kNoElement};
  return parts;
}

ProgramParts SampleProgram() {
  ProgramParts parts;
  parts.route_name = "sample";
  parts.source_hash = 0x0123456789abcdef;
  parts.deadline_ms = 30'000;
  parts.bounds = {.longest_path = 5, .max_calls = 4, .worst_first_byte_ms = 30'000};
  parts.elements = {"by-plan", "by-prompt", "rollout", "per-user", "big", "small"};
  parts.fields = {"metadata.plan", "body.max_tokens", "headers.X-Region",
                  "metadata.user", "body.messages",   "request.last_user_text"};
  AddConstants(&parts);
  AddTables(&parts);
  AddCode(&parts);
  return parts;
}

}  // namespace junctor
