#include "engine/gateway/decision_record.h"

namespace junctor::engine {
namespace {

void AppendListed(std::string_view item, std::string* list) {
  if (!list->empty()) list->append(", ");
  list->append(item);
}

}  // namespace

void DecisionRecord::NoteDraw(std::string_view element, uint64_t number) {
  draws_.insert_or_assign(std::string(element), number);
}

void DecisionRecord::NoteLimit(std::string_view element, const LimitAnswer& answer) {
  limits_.insert_or_assign(std::string(element), answer);
}

void DecisionRecord::NoteCall(const CallStep& step, const Program& program,
                              const CallAnswer& answer) {
  if (ended_) return;
  const ModelSpec& spec = program.parts().models[step.model];
  const std::string_view element = program.ElementName(spec.element);
  calls_[std::string(element)].push_back(answer);
  if (last_ordinal_ == step.ordinal) return;
  last_ordinal_ = step.ordinal;
  AppendListed(element, &decision_.element);
  AppendListed(spec.provider + "/" + spec.model, &decision_.model);
}

void DecisionRecord::NoteEnd(const FinishStep& step, const Program& program, uint64_t version) {
  if (ended_) return;
  ended_ = true;
  decision_.version = version;
  switch (step.kind) {
    case FinishStep::Kind::kResponse:
    case FinishStep::Kind::kFailure:
      decision_.outcome = "call";
      break;
    case FinishStep::Kind::kLimited:
      decision_.outcome = "limited";
      AppendListed(program.ElementName(program.parts().limits[step.limit].element),
                   &decision_.element);
      break;
    case FinishStep::Kind::kNoModelResponse:
    case FinishStep::Kind::kMisuse:
      decision_.outcome = "no_model_response";
      break;
  }
}

const uint64_t* DecisionRecord::FindDraw(std::string_view element) const {
  const auto found = draws_.find(element);
  return found == draws_.end() ? nullptr : &found->second;
}

const LimitAnswer* DecisionRecord::FindLimit(std::string_view element) const {
  const auto found = limits_.find(element);
  return found == limits_.end() ? nullptr : &found->second;
}

std::optional<CallAnswer> DecisionRecord::FindCall(std::string_view element,
                                                   uint32_t attempt) const {
  const auto found = calls_.find(element);
  if (found == calls_.end() || attempt >= found->second.size()) return std::nullopt;
  return found->second[attempt];
}

}  // namespace junctor::engine
