// Programs for tests, put together by hand.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/program/program.h"
#include "runtime/request/json_reader.h"

namespace junctor::testing {

// Collects the parts of a program. Targets may be named before they are placed.
class ProgramBuilder {
 public:
  // A place in the code, bound by Place.
  using Label = uint32_t;

  explicit ProgramBuilder(std::string name = "test") {
    parts_.route_name = std::move(name);
    parts_.arena = std::make_shared<std::pmr::monotonic_buffer_resource>();
    parts_.bounds = {1000, 1000, 1000};
  }

  ProgramParts& parts() { return parts_; }

  Label NewLabel() {
    labels_.push_back(0);
    return static_cast<Label>(labels_.size() - 1);
  }
  void Place(Label label) { labels_[label] = static_cast<uint32_t>(parts_.code.size()); }

  uint16_t SlotOf(std::string_view field) {
    for (size_t i = 0; i < parts_.fields.size(); ++i) {
      if (parts_.fields[i] == field) return static_cast<uint16_t>(i);
    }
    parts_.fields.emplace_back(field);
    return static_cast<uint16_t>(parts_.fields.size() - 1);
  }

  uint32_t Constant(Value value) {
    parts_.constants.push_back(value);
    return static_cast<uint32_t>(parts_.constants.size() - 1);
  }
  uint32_t JsonConstant(std::string_view text) {
    auto* copy = static_cast<char*>(parts_.arena->allocate(text.size() + 1, 1));
    std::copy(text.begin(), text.end(), copy);
    return Constant(ReadJson({copy, text.size()}, parts_.arena.get()));
  }

  uint32_t Element(std::string_view id) {
    for (size_t i = 0; i < parts_.elements.size(); ++i) {
      if (parts_.elements[i] == id) return static_cast<uint32_t>(i);
    }
    parts_.elements.emplace_back(id);
    return static_cast<uint32_t>(parts_.elements.size() - 1);
  }

  // Appends an instruction of `element`; branch targets are labels. Terminal and table instructions
  // leave them 0.
  void Emit(std::string_view element, Opcode opcode, uint16_t slot, uint32_t operand,
            Label on_true = kNone, Label on_false = kNone, uint8_t flags = 0) {
    parts_.code.push_back({opcode, flags, slot, operand, on_true, on_false});
    parts_.debug.push_back(element.empty() ? kNoElement : Element(element));
  }

  uint32_t Model(std::string_view element, ModelSpec spec = {}) {
    if (spec.provider.empty()) spec.provider = "demo";
    if (spec.model.empty()) spec.model = "ok";
    spec.element = Element(element);
    parts_.models.push_back(spec);
    return static_cast<uint32_t>(parts_.models.size() - 1);
  }
  uint32_t Limit(std::string_view element, LimitSpec spec) {
    spec.element = Element(element);
    parts_.limits.push_back(std::move(spec));
    return static_cast<uint32_t>(parts_.limits.size() - 1);
  }
  // Targets of outputs are labels.
  uint32_t Split(std::string_view element, SplitSpec spec) {
    spec.element = Element(element);
    parts_.splits.push_back(std::move(spec));
    return static_cast<uint32_t>(parts_.splits.size() - 1);
  }

  std::shared_ptr<const Program> Build() {
    for (Instruction& instruction : parts_.code) {
      instruction.on_true = instruction.on_true == kNone ? 0 : labels_[instruction.on_true];
      instruction.on_false = instruction.on_false == kNone ? 0 : labels_[instruction.on_false];
    }
    for (SplitSpec& split : parts_.splits) {
      for (SplitSpec::Output& output : split.outputs) output.target = labels_[output.target];
    }
    for (SwitchSpec& table : parts_.switches) {
      for (SwitchSpec::Case& entry : table.cases) entry.target = labels_[entry.target];
      table.default_target = labels_[table.default_target];
    }
    auto program = Program::Create(std::move(parts_));
    EXPECT_TRUE(program.ok()) << program.status();
    return program.ok() ? *std::move(program) : nullptr;
  }

  static constexpr Label kNone = 0xffffffff;

 private:
  ProgramParts parts_;
  std::vector<uint32_t> labels_;
};

}  // namespace junctor::testing
