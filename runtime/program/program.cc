#include "runtime/program/program.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/program/constant_set.h"
#include "runtime/program/json_text.h"
#include "runtime/program/pattern.h"
#include "runtime/program/program_limits.h"
#include "runtime/program/switch_table.h"
#include "runtime/program/verifier.h"
#include "runtime/program/verifier_rules.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace junctor {
namespace {

// The keys of the body that a derived fact is derived from. The facts that are missing here are of
// the request around the body.
std::vector<std::string> BodyKeysOf(RequestFact fact) {
  switch (fact) {
    case RequestFact::kStream:
      return {"stream"};
    case RequestFact::kModel:
      return {"model"};
    case RequestFact::kMessageCount:
    case RequestFact::kEstimatedInputTokens:
    case RequestFact::kHasImages:
    case RequestFact::kLastUserText:
      return {"messages"};
    case RequestFact::kHasTools:
      return {"tools", "functions"};
    case RequestFact::kMethod:
    case RequestFact::kPath:
    case RequestFact::kBodyBytes:
    case RequestFact::kClientIp:
    case RequestFact::kHourUtc:
    case RequestFact::kWeekdayUtc:
      return {};
  }
  return {};
}

void Append(std::vector<std::string> more, std::vector<std::string>* all) {
  all->insert(all->end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

std::vector<std::string> FindBodyKeys(const std::vector<Field>& fields,
                                      const std::vector<ModelSpec>& models) {
  std::vector<std::string> keys;
  for (const Field& field : fields) {
    if (field.root == FieldRoot::kBody) keys.push_back(field.segments.front());
    if (field.root == FieldRoot::kRequest) Append(BodyKeysOf(field.fact), &keys);
  }
  for (const ModelSpec& model : models) {
    if (model.params.empty()) continue;
    auto params = JsonObjectKeys(model.params, kMaxParamsNesting);
    if (params.ok()) Append(*std::move(params), &keys);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// V10.
absl::StatusOr<std::vector<std::unique_ptr<re2::RE2>>> CompilePatterns(
    const std::vector<PatternSpec>& specs) {
  std::vector<std::unique_ptr<re2::RE2>> patterns;
  patterns.reserve(specs.size());
  int64_t instructions = 0;
  for (size_t i = 0; i < specs.size(); ++i) {
    auto pattern = CompilePattern(specs[i].pattern, specs[i].options);
    if (!pattern.ok()) return Broken("V10", "pattern ", i, ": ", pattern.status().message());
    instructions += (*pattern)->ProgramSize();
    if (instructions > kMaxPatternProgram) {
      return Broken("V10", "the patterns up to ", i, " take ", instructions,
                    " instructions of RE2 together (limit is ", kMaxPatternProgram, ")");
    }
    patterns.push_back(*std::move(pattern));
  }
  return patterns;
}

std::vector<std::vector<std::string>> PathsOf(const MatcherSpec& matcher) {
  std::vector<std::vector<std::string>> paths(matcher.nodes.size());
  for (size_t i = 0; i < paths.size(); ++i) {
    if (matcher.nodes[i].path.empty()) continue;
    auto segments = SplitFieldPath(matcher.nodes[i].path);
    if (segments.ok()) paths[i] = *std::move(segments);
  }
  return paths;
}

}  // namespace

Program::Program(ProgramParts parts) : parts_(std::move(parts)) {}

Program::~Program() = default;

absl::StatusOr<std::shared_ptr<const Program>> Program::Create(ProgramParts parts) {
  absl::Status status = Verify(parts);
  if (!status.ok()) return status;
  std::shared_ptr<Program> program(new Program(std::move(parts)));
  status = program->Link();
  if (!status.ok()) return status;
  return program;
}

absl::Status Program::Link() {
  for (const std::string& text : parts_.fields) {
    absl::StatusOr<Field> field = ParseField(text);
    if (!field.ok()) return field.status();
    fields_.push_back(*std::move(field));
  }
  body_keys_ = FindBodyKeys(fields_, parts_.models);

  auto patterns = CompilePatterns(parts_.patterns);
  if (!patterns.ok()) return patterns.status();
  patterns_ = *std::move(patterns);

  sets_.resize(parts_.constants.size());
  const auto link_set = [this](Opcode opcode, uint32_t operand) {
    if (opcode != Opcode::kIn || sets_[operand] != nullptr) return;
    sets_[operand] = std::make_unique<ConstantSet>(parts_.constants[operand]);
  };
  for (const Instruction& instruction : parts_.code) {
    link_set(instruction.opcode, instruction.operand);
  }
  for (const MatcherSpec& matcher : parts_.matchers) {
    for (const MatcherNode& node : matcher.nodes) link_set(node.test, node.operand);
    matcher_paths_.push_back(PathsOf(matcher));
  }
  for (const SwitchSpec& table : parts_.switches) {
    switch_tables_.push_back(std::make_unique<SwitchTable>(table, parts_.constants));
  }
  for (const SplitSpec& split : parts_.splits) {
    // Ids hold no NUL, so no two pairs of route and element have one text.
    std::string text(parts_.route_name);
    text += '\0';
    text += ElementName(split.element);
    split_seeds_.push_back(XXH64(text.data(), text.size(), 0));
  }
  return absl::OkStatus();
}

std::string_view Program::ElementOf(uint32_t pc) const { return ElementName(parts_.debug[pc]); }

std::string_view Program::ElementName(uint32_t index) const {
  return index == kNoElement ? std::string_view() : std::string_view(parts_.elements[index]);
}

const ConstantSet& Program::set(uint32_t constant) const { return *sets_[constant]; }

const SwitchTable& Program::switch_table(uint32_t index) const { return *switch_tables_[index]; }

}  // namespace junctor
