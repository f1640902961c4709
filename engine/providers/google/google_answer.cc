#include "engine/providers/google/google_answer.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "engine/providers/chat/chunk_writer.h"
#include "engine/providers/chat/completion.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/event_stream_translator.h"
#include "engine/providers/chat/json_members.h"
#include "engine/providers/google/google_errors.h"
#include "engine/providers/google/google_response.h"

namespace junctor::engine {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

class GoogleAnswerTranslator final : public WholeBodyTranslator {
 public:
  explicit GoogleAnswerTranslator(const AnswerContext& context) : ids_(context.random) {
    completion_.id = MadeCompletionId(context.random);
    completion_.created = context.created;
    completion_.model = context.model;
    completion_.uses_functions = context.uses_functions;
  }

 protected:
  absl::Status OnBody(std::string_view body, std::string* out) override {
    simdjson::dom::parser parser;
    element json;
    if (parser.parse(body.data(), body.size(), false).get(json) != simdjson::SUCCESS)
      return absl::InvalidArgumentError("the provider's answer is not JSON");
    if (const std::optional<GoogleError> error = ReadGoogleError(json)) {
      WriteErrorBody(error->message, error->type, error->code, out);
      return absl::OkStatus();
    }
    if (array responses; json.get(responses) == simdjson::SUCCESS) {
      for (const element response : responses) {
        if (const std::optional<GoogleError> error = ReadGoogleError(response)) {
          WriteErrorBody(error->message, error->type, error->code, out);
          return absl::OkStatus();
        }
        Take(response);
      }
    } else {
      Take(json);
    }
    if (choices_.empty()) {
      return absl::InvalidArgumentError(
          "the provider's answer has no candidates, and does not say that the prompt was blocked");
    }
    for (auto& [index, choice] : choices_) completion_.choices.push_back(std::move(choice));
    completion_.usage = usage_;
    out->append(WriteCompletion(completion_));
    return absl::OkStatus();
  }

 private:
  void Take(const element& json) {
    object response;
    if (json.get(response) != simdjson::SUCCESS) return;
    if (const std::string_view id = TextMember(response, "responseId"); !id.empty())
      completion_.id = "chatcmpl-" + std::string(id);
    if (const std::string_view model = TextMember(response, "modelVersion"); !model.empty())
      completion_.model = model;
    if (std::optional<Usage> usage = ReadGoogleUsage(response)) usage_ = usage;
    array candidates;
    if (response.at_key("candidates").get(candidates) == simdjson::SUCCESS) {
      for (const element candidate : candidates) TakeCandidate(candidate);
    }
    if (const std::string_view reason = BlockReason(response);
        !reason.empty() && choices_.empty()) {
      CompletionChoice& choice = choices_[0];
      choice.refusal = reason;
      choice.finish_reason = FinishReason::kContentFilter;
    }
  }

  void TakeCandidate(const element& json) {
    object candidate;
    if (json.get(candidate) != simdjson::SUCCESS) return;
    const uint32_t index = CandidateIndex(candidate);
    if (index >= kMaxChoices) return;
    CompletionChoice& choice = choices_[index];
    choice.index = index;
    if (const std::optional<array> parts = PartsOf(candidate)) {
      for (const element part : *parts) TakePart(part, &choice);
    }
    if (std::string logprobs = ReadGoogleLogprobs(candidate); !logprobs.empty())
      choice.logprobs = std::move(logprobs);
    const bool called = !choice.tool_calls.empty();
    if (const auto reason = ReadFinishReason(candidate, called)) choice.finish_reason = *reason;
    // A chat completion has no content only where something stands in its place.
    if (!choice.content && !called && choice.images.empty() &&
        choice.finish_reason != FinishReason::kContentFilter) {
      choice.content.emplace();
    }
  }

  void TakePart(const element& json, CompletionChoice* choice) {
    GooglePart part = ReadGooglePart(json);
    switch (part.kind) {
      case GooglePart::Kind::kOther:
        break;
      case GooglePart::Kind::kText:
        if (!choice->content) choice->content.emplace();
        choice->content->append(part.text);
        break;
      case GooglePart::Kind::kThought:
        choice->reasoning.append(part.text);
        break;
      case GooglePart::Kind::kImage:
        choice->images.push_back(std::move(part.data_url));
        break;
      case GooglePart::Kind::kCall:
        choice->tool_calls.push_back(
            {part.call_id.empty() ? ids_.Next() : std::string(part.call_id), std::string(part.name),
             std::move(part.arguments), std::string(part.signature)});
        break;
    }
  }

  Completion completion_;
  std::map<uint32_t, CompletionChoice> choices_;  // by index; at most kMaxChoices
  CallIds ids_;
};

}  // namespace

std::unique_ptr<AnswerTranslator> MakeGoogleAnswerTranslator(const AnswerContext& context) {
  return std::make_unique<GoogleAnswerTranslator>(context);
}

}  // namespace junctor::engine
