#include "engine/gateway/shadow_run.h"

#include <optional>
#include <utility>
#include <variant>

#include "runtime/interp/execution.h"

namespace junctor::engine {

RouteDecision DecideInShadow(const std::shared_ptr<const Program>& program, uint64_t version,
                             const Request& request, const DecisionRecord& served,
                             const ShadowWorld& world) {
  const ProgramParts& parts = program->parts();
  DecisionRecord record;
  Execution execution(program, &request);
  Step step = execution.Start();
  while (!std::holds_alternative<FinishStep>(step)) {
    if (const auto* draw = std::get_if<DrawStep>(&step)) {
      const std::string_view element = program->ElementName(parts.splits[draw->split].element);
      const uint64_t* number = served.FindDraw(element);
      step = execution.ResumeDraw(number != nullptr ? *number : world.random->Next());
    } else if (const auto* limit = std::get_if<LimitStep>(&step)) {
      const LimitSpec& spec = parts.limits[limit->limit];
      const std::string_view element = program->ElementName(spec.element);
      LimitAnswer answer;
      if (const LimitAnswer* given = served.FindLimit(element)) {
        answer = *given;
      } else {
        LimitAsk ask;
        ask.name = {world.gateway, program->route_name(), element};
        ask.key = limit->key;
        ask.spec = &spec;
        answer.admitted = world.limits->WouldAdmit(ask, world.unix_nanoseconds);
      }
      step = execution.ResumeLimit(answer);
    } else {
      const CallStep call = std::get<CallStep>(step);
      const std::string_view element = program->ElementName(parts.models[call.model].element);
      const CallAnswer answer = served.FindCall(element, call.attempt).value_or(CallAnswer());
      record.NoteCall(call, *program, answer);
      step = execution.ResumeCall(answer);
    }
  }
  record.NoteEnd(std::get<FinishStep>(step), *program, version);
  return record.decision();
}

}  // namespace junctor::engine
