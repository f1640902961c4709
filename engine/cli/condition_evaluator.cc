// The condition stands in a route whose two branches call models named after the answer.
#include "engine/cli/condition_evaluator.h"

#include <variant>

#include "compiler/compile.h"
#include "runtime/interp/execution.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kBefore = R"({"name": "eval", "elements": [
  {"id": "start", "type": "start", "outputs": {"next": {"elementId": "condition"}}},
  {"id": "condition", "type": "conditional",
   "outputs": {"true": {"elementId": "yes"}, "false": {"elementId": "no"}},
   "properties": {"conditions": )";
constexpr std::string_view kAfter = R"(}},
  {"id": "yes", "type": "model", "properties": {"provider": "demo", "model": "true"},
   "outputs": {"success": {"elementId": "end"}}},
  {"id": "no", "type": "model", "properties": {"provider": "demo", "model": "false"},
   "outputs": {"success": {"elementId": "end"}}},
  {"id": "end", "type": "end"}]})";
constexpr std::string_view kConditionPointer = "/elements/1/properties/conditions";

std::string ErrorsOf(const compiler::CompileResult& result) {
  std::string text;
  for (const compiler::Diagnostic& diagnostic : result.diagnostics) {
    if (diagnostic.severity != compiler::Severity::kError) continue;
    if (!text.empty()) text.push_back('\n');
    text += compiler::DiagCodeName(diagnostic.code) + ": " + diagnostic.message;
    const std::string_view pointer = diagnostic.pointer;
    if (pointer.starts_with(kConditionPointer) && pointer.size() > kConditionPointer.size()) {
      text.append(" (at ").append(pointer.substr(kConditionPointer.size())).append(")");
    }
    if (!diagnostic.help.empty()) text += "; " + diagnostic.help;
  }
  return text;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Program>> ConditionEvaluator::ProgramOf(
    std::string_view condition) {
  std::string key(condition);
  const auto kept = programs_.find(key);
  if (kept != programs_.end()) return kept->second;
  std::string route(kBefore);
  route.append(condition).append(kAfter);
  compiler::CompileOptions options;
  options.allow_comments = false;
  compiler::CompileResult result = compiler::Compile("condition", route, options);
  if (!result.ok()) return absl::InvalidArgumentError(ErrorsOf(result));
  if (programs_.size() >= kMaxKeptConditions) programs_.clear();
  programs_.emplace(std::move(key), result.program);
  return std::move(result.program);
}

absl::StatusOr<bool> ConditionEvaluator::Matches(std::string_view condition,
                                                 const Request& request) {
  const absl::StatusOr<std::shared_ptr<const Program>> program = ProgramOf(condition);
  if (!program.ok()) return program.status();
  Execution execution(*program, &request);
  const Step step = execution.Start();
  const CallStep* call = std::get_if<CallStep>(&step);
  if (call == nullptr) return absl::InternalError("the condition's route called no model");
  return (*program)->parts().models[call->model].model == "true";
}

}  // namespace junctor::engine
