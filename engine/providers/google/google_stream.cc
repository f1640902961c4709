#include "engine/providers/google/google_stream.h"

#include <simdjson.h>

#include <string>
#include <vector>

#include "engine/providers/chat/chunk_writer.h"
#include "engine/providers/chat/completion_id.h"
#include "engine/providers/chat/event_stream_translator.h"
#include "engine/providers/chat/json_members.h"
#include "engine/providers/google/google_errors.h"
#include "engine/providers/google/google_response.h"
#include "engine/providers/google/json_array_reader.h"

namespace junctor::engine {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// The part of the translation that does not depend on how the responses were framed.
class ResponseStream {
 public:
  explicit ResponseStream(const AnswerContext& context)
      : writer_(MadeCompletionId(context.random), std::string(context.model), context.created,
                context.include_usage, context.uses_functions),
        ids_(context.random) {}

  enum class Result : uint8_t { kGoOn, kInvalid, kComplete };

  // One response of the stream.
  Result Take(std::string_view json, std::string* out) {
    element document;
    object response;
    if (json.empty() || parser_.parse(json.data(), json.size()).get(document) != simdjson::SUCCESS)
      return Result::kInvalid;
    if (const std::optional<GoogleError> error = ReadGoogleError(document)) {
      WriteErrorEvent(error->message, error->type, error->code, out);
      return Result::kComplete;
    }
    if (document.get(response) != simdjson::SUCCESS) return Result::kInvalid;
    TakeNames(response);
    if (std::optional<Usage> usage = ReadGoogleUsage(response)) usage_ = usage;
    array candidates;
    if (response.at_key("candidates").get(candidates) == simdjson::SUCCESS) {
      for (const element candidate : candidates) TakeCandidate(candidate, out);
    }
    if (const std::string_view reason = BlockReason(response);
        !reason.empty() && finished_.empty()) {
      writer_.Refusal(0, reason, out);
      Finish(0, FinishReason::kContentFilter, out);
    }
    return Result::kGoOn;
  }

  absl::Status End(std::string* out) {
    if (finished_.empty())
      return absl::DataLossError("the provider's stream ended before its first candidate");
    for (size_t i = 0; i < finished_.size(); ++i) {
      if (!finished_[i]) {
        return absl::DataLossError(
            "the provider's stream ended without a finishReason of candidate " + std::to_string(i));
      }
    }
    if (usage_) writer_.UsageChunk(*usage_, out);
    writer_.Done(out);
    return absl::OkStatus();
  }

  const std::optional<Usage>& usage() const { return usage_; }

 private:
  // The chunks of one answer all have the names that are known when the first is written.
  void TakeNames(const object& response) {
    if (!finished_.empty()) return;
    if (const std::string_view id = TextMember(response, "responseId"); !id.empty())
      writer_.SetId("chatcmpl-" + std::string(id));
    if (const std::string_view model = TextMember(response, "modelVersion"); !model.empty())
      writer_.SetModel(model);
  }

  void TakeCandidate(const element& json, std::string* out) {
    object candidate;
    if (json.get(candidate) != simdjson::SUCCESS) return;
    const uint32_t index = CandidateIndex(candidate);
    if (index >= kMaxChoices) return;
    if (finished_.size() <= index) finished_.resize(index + 1, false);
    writer_.Role(index, out);
    std::string logprobs = ReadGoogleLogprobs(candidate);
    if (const std::optional<array> parts = PartsOf(candidate)) {
      for (const element part : *parts) TakePart(index, part, &logprobs, out);
    }
    if (!logprobs.empty()) writer_.ContentWithLogprobs(index, {}, logprobs, out);
    if (const auto reason = ReadFinishReason(candidate, writer_.tool_calls(index) > 0))
      Finish(index, *reason, out);
  }

  // `logprobs` go with the response's first text.
  void TakePart(uint32_t index, const element& json, std::string* logprobs, std::string* out) {
    const GooglePart part = ReadGooglePart(json);
    switch (part.kind) {
      case GooglePart::Kind::kOther:
        break;
      case GooglePart::Kind::kText:
        if (logprobs->empty()) {
          writer_.Content(index, part.text, out);
        } else {
          writer_.ContentWithLogprobs(index, part.text, *logprobs, out);
          logprobs->clear();
        }
        break;
      case GooglePart::Kind::kThought:
        writer_.Reasoning(index, part.text, out);
        break;
      case GooglePart::Kind::kImage:
        writer_.Image(index, part.data_url, out);
        break;
      case GooglePart::Kind::kCall:
        writer_.ToolCall(index, part.call_id.empty() ? ids_.Next() : std::string(part.call_id),
                         part.name, part.arguments, part.signature, out);
        break;
    }
  }

  void Finish(uint32_t index, FinishReason reason, std::string* out) {
    if (finished_.size() <= index) finished_.resize(index + 1, false);
    if (finished_[index]) return;
    finished_[index] = true;
    writer_.Finish(index, reason, out);
  }

  simdjson::dom::parser parser_;
  ChunkWriter writer_;
  CallIds ids_;
  std::optional<Usage> usage_;
  std::vector<bool> finished_;  // by choice; as many as have begun
};

// The framing with `alt=sse`.
class EventFraming final : public EventStreamTranslator {
 public:
  explicit EventFraming(ResponseStream* stream) : stream_(stream) {}

 protected:
  EventResult OnEvent(std::string_view /*name*/, std::string_view data, std::string* out) override {
    if (data == "[DONE]") return EventResult::kGoOn;  // no word of Google's, but proxies add it
    switch (stream_->Take(data, out)) {
      case ResponseStream::Result::kGoOn:
        return EventResult::kGoOn;
      case ResponseStream::Result::kInvalid:
        return EventResult::kInvalid;
      case ResponseStream::Result::kComplete:
        return EventResult::kComplete;
    }
    return EventResult::kGoOn;
  }
  absl::Status OnEnd(std::string* out) override { return stream_->End(out); }

 private:
  ResponseStream* stream_;
};

// The framing without.
class ArrayFraming final : public AnswerTranslator {
 public:
  explicit ArrayFraming(ResponseStream* stream) : stream_(stream) {}

  absl::Status Feed(std::string_view bytes, std::string* out) override {
    if (complete_) return absl::OkStatus();
    reader_.Feed(bytes);
    while (const std::optional<std::string_view> json = reader_.Next()) {
      const ResponseStream::Result result = stream_->Take(*json, out);
      if (result == ResponseStream::Result::kInvalid) ++invalid_events_;
      complete_ = result == ResponseStream::Result::kComplete;
      if (complete_) return absl::OkStatus();
    }
    if (reader_.too_large()) {
      return absl::ResourceExhaustedError("the provider sent an event of more than " +
                                          std::to_string(kMaxEventBytes) + " bytes");
    }
    if (reader_.malformed())
      return absl::InvalidArgumentError("the provider's stream is no JSON array of objects");
    return absl::OkStatus();
  }

  absl::Status Finish(std::string* out) override {
    if (complete_) return absl::OkStatus();
    absl::Status status = stream_->End(out);
    complete_ = status.ok();
    return status;
  }

  bool complete() const override { return complete_; }

 private:
  ResponseStream* stream_;
  JsonArrayReader reader_;
  bool complete_ = false;
};

// Finds out which framing it is, and leaves the rest to it.
class GoogleStreamTranslator final : public AnswerTranslator {
 public:
  explicit GoogleStreamTranslator(const AnswerContext& context)
      : stream_(context), events_(&stream_), array_(&stream_), framing_(&events_) {}

  absl::Status Feed(std::string_view bytes, std::string* out) override {
    if (!decided_) {
      const size_t first = bytes.find_first_not_of(" \t\r\n");
      if (first != std::string_view::npos) {
        decided_ = true;
        if (bytes[first] == '[' || bytes[first] == '{') framing_ = &array_;
      }
    }
    absl::Status status = framing_->Feed(bytes, out);
    Update();
    return status;
  }

  absl::Status Finish(std::string* out) override {
    absl::Status status = framing_->Finish(out);
    Update();
    return status;
  }

  bool complete() const override { return framing_->complete(); }

 private:
  void Update() {
    usage_ = stream_.usage();
    invalid_events_ = framing_->invalid_events();
  }

  ResponseStream stream_;
  EventFraming events_;
  ArrayFraming array_;
  AnswerTranslator* framing_;
  bool decided_ = false;
};

}  // namespace

std::unique_ptr<AnswerTranslator> MakeGoogleStreamTranslator(const AnswerContext& context) {
  return std::make_unique<GoogleStreamTranslator>(context);
}

}  // namespace junctor::engine
