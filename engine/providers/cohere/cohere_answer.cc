#include "engine/providers/cohere/cohere_answer.h"

#include <simdjson.h>

#include <string>
#include <utility>

#include "engine/providers/chat/chunk_writer.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/event_stream_translator.h"
#include "engine/providers/chat/json_members.h"
#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

void ReadContent(dom::object message, CompletionChoice* choice) {
  choice->reasoning = TextMember(message, "tool_plan");
  dom::array blocks;
  if (!ArrayMember(message, "content", &blocks)) return;
  for (dom::element element : blocks) {
    dom::object block;
    if (element.get_object().get(block) != simdjson::SUCCESS) continue;
    const std::string_view type = TextMember(block, "type");
    if (type == "thinking") choice->reasoning += TextMember(block, "thinking");
    if (type != "text") continue;
    if (!choice->content.has_value()) choice->content.emplace();
    *choice->content += TextMember(block, "text");
  }
}

void ReadToolCalls(dom::object message, CompletionChoice* choice) {
  dom::array calls;
  if (!ArrayMember(message, "tool_calls", &calls)) return;
  for (dom::element element : calls) {
    dom::object call;
    dom::object function;
    if (element.get_object().get(call) != simdjson::SUCCESS ||
        !ObjectMember(call, "function", &function)) {
      continue;
    }
    CompletionToolCall made;
    made.id = TextMember(call, "id");
    made.name = TextMember(function, "name");
    made.arguments = TextMember(function, "arguments");
    if (made.arguments.empty()) made.arguments = "{}";
    choice->tool_calls.push_back(std::move(made));
  }
}

// Cohere gives one entry for several tokens: their text, and the sum of their log probabilities.
std::string ReadLogprobs(dom::object root) {
  dom::array entries;
  if (!ArrayMember(root, "logprobs", &entries)) return {};
  std::string text;
  JsonWriter writer(&text);
  writer.BeginObject().Key("content").BeginArray();
  for (dom::element element : entries) {
    dom::object entry;
    if (element.get_object().get(entry) != simdjson::SUCCESS) continue;
    double sum = 0;
    dom::array values;
    if (ArrayMember(entry, "logprobs", &values)) {
      for (dom::element value : values) {
        double logprob = 0;
        if (value.get_double().get(logprob) == simdjson::SUCCESS) sum += logprob;
      }
    }
    writer.BeginObject().Key("token").String(TextMember(entry, "text"));
    writer.Key("logprob").Number(sum).Key("bytes").Null();
    writer.Key("top_logprobs").BeginArray().EndArray().EndObject();
  }
  writer.EndArray().Key("refusal").Null().EndObject();
  return text;
}

class CohereAnswer final : public WholeBodyTranslator {
 public:
  explicit CohereAnswer(const AnswerContext& context)
      : made_id_(MadeCompletionId(context.random)),
        model_(context.model),
        created_(context.created),
        uses_functions_(context.uses_functions) {}

 protected:
  absl::Status OnBody(std::string_view body, std::string* out) override {
    dom::parser parser;
    dom::object root;
    if (parser.parse(body.data(), body.size(), false).get_object().get(root) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError("Cohere's answer is no JSON object");
    }
    dom::object message;
    if (!ObjectMember(root, "message", &message)) {
      return absl::InvalidArgumentError("Cohere's answer has no object `message`");
    }
    dom::object usage;
    if (ObjectMember(root, "usage", &usage)) usage_ = ReadCohereUsage(usage);

    CompletionChoice choice;
    ReadContent(message, &choice);
    ReadToolCalls(message, &choice);
    choice.logprobs = ReadLogprobs(root);
    const CohereFinish finish = ReadCohereFinish(TextMember(root, "finish_reason"));
    if (finish.failed) {
      WriteErrorBody(finish.timed_out ? "Cohere ran out of time before its answer was complete"
                                      : "Cohere failed before its answer was complete",
                     finish.timed_out ? "timeout_error" : "server_error",
                     finish.timed_out ? "timeout" : "", out);
      return absl::OkStatus();
    }
    choice.finish_reason = finish.reason;
    if (!choice.content.has_value() && choice.tool_calls.empty()) choice.content.emplace();
    Completion completion;
    completion.id = TextMember(root, "id");
    if (completion.id.empty()) completion.id = made_id_;
    completion.created = created_;
    completion.model = model_;
    completion.choices.push_back(std::move(choice));
    completion.usage = usage_;
    completion.uses_functions = uses_functions_;
    out->append(WriteCompletion(completion));
    return absl::OkStatus();
  }

 private:
  std::string made_id_;
  std::string model_;
  int64_t created_;
  bool uses_functions_;
};

}  // namespace

CohereFinish ReadCohereFinish(std::string_view finish_reason) {
  CohereFinish finish;
  if (finish_reason == "MAX_TOKENS") finish.reason = FinishReason::kLength;
  if (finish_reason == "TOOL_CALL") finish.reason = FinishReason::kToolCalls;
  finish.timed_out = finish_reason == "TIMEOUT";
  finish.failed = finish.timed_out || finish_reason == "ERROR";
  return finish;
}

std::optional<Usage> ReadCohereUsage(dom::object usage) {
  Usage counts;
  const auto read = [](dom::object object, std::string_view key, std::optional<uint64_t>* count) {
    uint64_t value = 0;
    // Cohere writes some counts as 12.0.
    double fraction = 0;
    if (object.at_key(key).get_uint64().get(value) == simdjson::SUCCESS) {
      *count = value;
    } else if (object.at_key(key).get_double().get(fraction) == simdjson::SUCCESS &&
               fraction >= 0 && fraction < 1e15) {
      *count = static_cast<uint64_t>(fraction);
    }
  };
  dom::object object;
  if (ObjectMember(usage, "billed_units", &object)) {
    read(object, "input_tokens", &counts.billed_input);
    read(object, "output_tokens", &counts.billed_output);
  }
  if (ObjectMember(usage, "tokens", &object)) {
    read(object, "input_tokens", &counts.input);
    read(object, "output_tokens", &counts.output);
  }
  if (!counts.input.has_value()) counts.input = counts.billed_input;
  if (!counts.output.has_value()) counts.output = counts.billed_output;
  read(usage, "cached_tokens", &counts.cached_read);
  if (!counts.input.has_value() && !counts.output.has_value()) return std::nullopt;
  return counts;
}

std::unique_ptr<AnswerTranslator> MakeCohereAnswer(const AnswerContext& context) {
  return std::make_unique<CohereAnswer>(context);
}

}  // namespace junctor::engine
