// From an answer of Cohere's v2 chat to a chat completion, and what its stream shares with it.
#pragma once

#include <memory>
#include <string_view>

#include "engine/providers/chat/completion.h"
#include "engine/providers/chat/wire_format.h"

namespace simdjson::dom {
class object;
}  // namespace simdjson::dom

namespace junctor::engine {

// How Cohere says that an answer ended.
struct CohereFinish {
  FinishReason reason = FinishReason::kStop;
  bool failed = false;  // ERROR, TIMEOUT: what came is no whole answer
  bool timed_out = false;
};
CohereFinish ReadCohereFinish(std::string_view finish_reason);

// The counts of a `usage` object: `tokens`, or `billed_units` where it lacks them; these are what
// is paid for.
std::optional<Usage> ReadCohereUsage(simdjson::dom::object usage);

// For an answer that is no stream.
std::unique_ptr<AnswerTranslator> MakeCohereAnswer(const AnswerContext& context);

}  // namespace junctor::engine
