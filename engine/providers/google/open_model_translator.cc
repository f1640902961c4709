#include "engine/providers/google/open_model_translator.h"

#include <simdjson.h>

#include <algorithm>
#include <string>

#include "engine/providers/chat/chunk_writer.h"
#include "engine/providers/chat/event_stream_translator.h"
#include "engine/providers/chat/openai_usage.h"
#include "engine/providers/chat/stream_usage.h"
#include "engine/providers/google/google_errors.h"

namespace junctor::engine {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// The services behind this endpoint count as OpenAI does.
constexpr std::string_view kUsageSlug = "openai";

class OpenModelStream final : public EventStreamTranslator {
 public:
  explicit OpenModelStream(const AnswerContext& context) : include_usage_(context.include_usage) {}

 protected:
  EventResult OnEvent(std::string_view /*name*/, std::string_view data, std::string* out) override {
    if (data == "[DONE]") {
      if (!finished_) return EventResult::kGoOn;  // no end of an answer: OnEnd says so
      Pass(data, out);
      return EventResult::kComplete;
    }
    element json;
    object chunk;
    if (data.empty() || parser_.parse(data.data(), data.size()).get(json) != simdjson::SUCCESS)
      return EventResult::kInvalid;
    if (const std::optional<GoogleError> error = ReadGoogleError(json)) {
      WriteErrorEvent(error->message, error->type, error->code, out);
      return EventResult::kComplete;
    }
    if (json.get(chunk) != simdjson::SUCCESS) return EventResult::kInvalid;
    if (chunk.at_key("error").error() == simdjson::SUCCESS) {
      Pass(data, out);
      return EventResult::kComplete;
    }
    if (std::optional<Usage> usage = FindOpenAiUsage(chunk, kUsageSlug)) usage_ = usage;
    array choices;
    const bool has_choices =
        chunk.at_key("choices").get(choices) == simdjson::SUCCESS && choices.size() > 0;
    // Usage is always asked for; the chunk that has nothing else goes to those who asked too.
    if (!has_choices && !include_usage_) return EventResult::kGoOn;
    if (has_choices) {
      for (const element choice : choices) {
        if (choice.at_key("finish_reason").is_string()) finished_ = true;
      }
    }
    if (include_usage_ || !chunk.at_key("usage").is_null()) {
      Pass(data, out);
    } else {
      Pass(WithoutNullUsage(data), out);
    }
    return EventResult::kGoOn;
  }

  absl::Status OnEnd(std::string* out) override {
    if (!finished_)
      return absl::DataLossError("the provider's stream ended without a finish_reason");
    Pass("[DONE]", out);
    return absl::OkStatus();
  }

 private:
  // Line feeds in JSON are white space: as one they keep the event on one line.
  static void Pass(std::string_view data, std::string* out) {
    out->append("data: ");
    const size_t begin = out->size();
    out->append(data);
    std::replace(out->begin() + static_cast<std::ptrdiff_t>(begin), out->end(), '\n', ' ');
    out->append("\n\n");
  }

  simdjson::dom::parser parser_;
  bool include_usage_;
  bool finished_ = false;
};

class OpenModelAnswer final : public WholeBodyTranslator {
 protected:
  absl::Status OnBody(std::string_view body, std::string* out) override {
    simdjson::dom::parser parser;
    element json;
    object answer;
    if (parser.parse(body.data(), body.size(), false).get(json) != simdjson::SUCCESS)
      return absl::InvalidArgumentError("the provider's answer is not JSON");
    if (const std::optional<GoogleError> error = ReadGoogleError(json)) {
      WriteErrorBody(error->message, error->type, error->code, out);
      return absl::OkStatus();
    }
    if (json.get(answer) != simdjson::SUCCESS)
      return absl::InvalidArgumentError("the provider's answer is no JSON object");
    usage_ = FindOpenAiUsage(answer, kUsageSlug);
    out->append(body);
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<AnswerTranslator> MakeOpenModelTranslator(const AnswerContext& context) {
  if (context.stream) return std::make_unique<OpenModelStream>(context);
  return std::make_unique<OpenModelAnswer>();
}

}  // namespace junctor::engine
