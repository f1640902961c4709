// The part that all translations of server-sent event streams share: events are cut out, the body's
// JSON is parsed, what is no JSON is counted.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/providers/chat/event_reader.h"
#include "engine/providers/chat/wire_format.h"

namespace junctor::engine {

// Cuts a stream into events for its subclass. See AnswerTranslator.
class EventStreamTranslator : public AnswerTranslator {
 public:
  absl::Status Feed(std::string_view bytes, std::string* out) final;
  absl::Status Finish(std::string* out) final;
  bool complete() const final { return complete_; }

 protected:
  enum class EventResult : uint8_t {
    kGoOn,
    kInvalid,   // not JSON, or not of the format's shape: skipped and counted
    kComplete,  // the answer is whole; what comes after is ignored
  };
  // One event that has data, trimmed of white space and not empty; `[DONE]` among them.
  virtual EventResult OnEvent(std::string_view name, std::string_view data, std::string* out) = 0;
  // The body has ended and OnEvent has not said kComplete. Appends the end, or says what is
  // missing.
  virtual absl::Status OnEnd(std::string* out) = 0;

 private:
  EventResult TakeEvent(const ServerSentEvent& event, std::string* out);

  EventReader reader_;
  bool complete_ = false;
};

// Collects a body that is no stream, for its subclass. See AnswerTranslator.
class WholeBodyTranslator : public AnswerTranslator {
 public:
  absl::Status Feed(std::string_view bytes, std::string* out) final;
  absl::Status Finish(std::string* out) final;
  bool complete() const final { return complete_; }

 protected:
  // The whole body, with simdjson's padding readable after it. An error of the provider's in it is
  // written as such (WriteErrorBody); what is no answer at all is an error status.
  virtual absl::Status OnBody(std::string_view body, std::string* out) = 0;

 private:
  std::string body_;
  bool complete_ = false;
};

}  // namespace junctor::engine
