#include "tests/unit/runtime/program/program_mutator.h"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace junctor {
namespace {

constexpr size_t kChecksumAt = 8;
constexpr size_t kBodyAt = 16;

}  // namespace

void RepairChecksum(std::string* bytes) {
  if (bytes->size() < kBodyAt) return;
  const uint64_t sum = XXH64(bytes->data() + kBodyAt, bytes->size() - kBodyAt, 0);
  for (size_t i = 0; i < sizeof sum; ++i) {
    (*bytes)[kChecksumAt + i] = static_cast<char>(sum >> (8 * i));
  }
}

uint32_t ProgramMutator::Number(uint32_t present, size_t bound) {
  constexpr uint32_t kEdges[] = {0, 1, 0x7f, 0xff, 0xfffe, 0xffff, 0x7fffffff, 0xffffffff};
  switch (Below(4)) {
    case 0:
      return present + static_cast<uint32_t>(Below(5)) - 2;
    case 1:
      return static_cast<uint32_t>(Below(bound + 2));
    case 2:
      return kEdges[Below(std::size(kEdges))];
    default:
      return static_cast<uint32_t>(random_());
  }
}

void ProgramMutator::MutateBytes(std::string* bytes) {
  for (uint64_t change = Below(4) + 1; change > 0 && bytes->size() > kBodyAt; --change) {
    const size_t at = kBodyAt + Below(bytes->size() - kBodyAt);
    const size_t length = std::min<size_t>(1 + Below(16), bytes->size() - at);
    switch (Below(5)) {
      case 0:
        (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << Below(8)));
        break;
      case 1:
        (*bytes)[at] = static_cast<char>(random_());
        break;
      case 2: {
        const uint32_t number = Number(0, 64);
        std::memcpy(bytes->data() + at, &number, std::min(length, sizeof number));
        break;
      }
      case 3:
        bytes->erase(at, length);
        break;
      default:
        bytes->insert(at, bytes->substr(at, length));
        break;
    }
  }
  RepairChecksum(bytes);
}

void ProgramMutator::MutateParts(ProgramParts* parts) {
  for (uint64_t change = Below(3) + 1; change > 0; --change) {
    switch (Below(8)) {
      case 0:
      case 1:
      case 2:
        MutateInstruction(parts);
        break;
      case 3:
      case 4:
        MutateTable(parts);
        break;
      case 5:
        MutateMatcher(parts);
        break;
      case 6:
        MutateConstant(parts);
        break;
      default:
        MutateRest(parts);
        break;
    }
  }
}

void ProgramMutator::MutateInstruction(ProgramParts* parts) {
  Instruction* instruction = Pick(&parts->code);
  if (instruction == nullptr) return;
  const size_t code_size = parts->code.size();
  switch (Below(7)) {
    case 0:
      instruction->opcode = static_cast<Opcode>(Number(0, kOpcodeCount));
      break;
    case 1:
      instruction->flags = static_cast<uint8_t>(Number(instruction->flags, 2));
      break;
    case 2:
      instruction->slot = static_cast<uint16_t>(Number(instruction->slot, parts->fields.size()));
      break;
    case 3:
      instruction->operand = Number(instruction->operand, parts->constants.size());
      break;
    case 4:
      instruction->on_true = Number(instruction->on_true, code_size);
      break;
    case 5:
      instruction->on_false = Number(instruction->on_false, code_size);
      break;
    default:
      std::swap(*instruction, *Pick(&parts->code));
      break;
  }
}

void ProgramMutator::MutateTable(ProgramParts* parts) {
  const size_t code_size = parts->code.size();
  SwitchSpec* table = Pick(&parts->switches);
  SplitSpec* split = Pick(&parts->splits);
  LimitSpec* limit = Pick(&parts->limits);
  ModelSpec* model = Pick(&parts->models);
  if (table == nullptr || split == nullptr || limit == nullptr || model == nullptr) return;
  SwitchSpec::Case* one = Pick(&table->cases);
  SplitSpec::Output* output = Pick(&split->outputs);
  switch (Below(10)) {
    case 0:
      table->default_target = Number(table->default_target, code_size);
      break;
    case 1:
      if (one != nullptr) one->target = Number(one->target, code_size);
      break;
    case 2:
      if (one != nullptr) one->constant = Number(one->constant, parts->constants.size());
      break;
    case 3:
      if (output != nullptr) output->target = Number(output->target, code_size);
      break;
    case 4:
      if (output != nullptr) output->threshold = Number(output->threshold, kShareTotal);
      break;
    case 5:
      split->outputs.resize(Below(8));
      break;
    case 6:
      split->key_slot = static_cast<uint16_t>(Number(split->key_slot, parts->fields.size()));
      break;
    case 7:
      limit->key_slots.resize(Below(6));
      break;
    case 8:
      limit->window_seconds = Number(limit->window_seconds, 10);
      limit->element = Number(limit->element, parts->elements.size());
      break;
    default:
      model->retries = static_cast<uint8_t>(Number(model->retries, 6));
      model->timeout_ms = Number(model->timeout_ms, 10);
      model->retry_on = static_cast<ErrorClassSet>(Number(model->retry_on, kAllErrorClasses));
      model->on_stream_failure = static_cast<StreamFailurePolicy>(Below(4));
      model->hedge_after_ms = Number(model->hedge_after_ms, 10);
      parts->bounds.max_calls = Number(parts->bounds.max_calls, 8);
      break;
  }
}

void ProgramMutator::MutateMatcher(ProgramParts* parts) {
  MatcherSpec* matcher = Pick(&parts->matchers);
  if (matcher == nullptr) return;
  MatcherNode* node = Pick(&matcher->nodes);
  if (node == nullptr) return;
  switch (Below(6)) {
    case 0:
      node->kind = static_cast<MatcherNode::Kind>(Below(5));
      break;
    case 1:
      node->test = static_cast<Opcode>(Number(0, kOpcodeCount));
      break;
    case 2:
      node->operand = Number(node->operand, parts->matchers.size());
      break;
    case 3:
      node->end = Number(node->end, matcher->nodes.size());
      break;
    case 4:
      node->path = Below(2) == 0 ? "a.0.b" : "";
      break;
    default:
      matcher->nodes.resize(Below(8));
      break;
  }
}

void ProgramMutator::MutateConstant(ProgramParts* parts) {
  Value* constant = Pick(&parts->constants);
  if (constant == nullptr) return;
  switch (Below(5)) {
    case 0:
      *constant = Value();
      break;
    case 1:
      *constant = Value::Int(static_cast<int64_t>(random_()));
      break;
    case 2:
      *constant = Value::Number(static_cast<double>(random_()) / 3);
      break;
    case 3:
      *constant = Value::String("\xff");
      break;
    default:
      std::swap(*constant, *Pick(&parts->constants));
      break;
  }
}

void ProgramMutator::MutateRest(ProgramParts* parts) {
  switch (Below(8)) {
    case 0:
      parts->route_name.resize(Below(70), 'a');
      break;
    case 1:
      parts->elements.resize(Below(parts->elements.size() + 2));
      break;
    case 2:
      parts->fields.resize(Below(parts->fields.size() + 2));
      break;
    case 3:
      parts->constants.resize(Below(parts->constants.size() + 2));
      break;
    case 4:
      parts->code.resize(Below(parts->code.size() + 2));
      break;
    case 5:
      parts->debug.resize(Below(parts->debug.size() + 2));
      break;
    case 6:
      parts->bounds.max_calls = Number(parts->bounds.max_calls, 8);
      break;
    default:
      parts->patterns.assign(Below(3), {"a*", ""});
      break;
  }
}

}  // namespace junctor
