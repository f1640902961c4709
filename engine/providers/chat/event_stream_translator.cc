#include "engine/providers/chat/event_stream_translator.h"

#include <string>

#include "runtime/request/body_index.h"

namespace junctor::engine {
namespace {

std::string_view TrimLine(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

absl::Status EventStreamTranslator::Feed(std::string_view bytes, std::string* out) {
  if (complete_) return absl::OkStatus();
  reader_.Feed(bytes);
  while (const auto event = reader_.Next()) {
    if (TakeEvent(*event, out) == EventResult::kInvalid) ++invalid_events_;
    if (complete_) return absl::OkStatus();
  }
  if (reader_.too_large()) {
    return absl::ResourceExhaustedError("the provider sent an event of more than " +
                                        std::to_string(kMaxEventBytes) + " bytes");
  }
  return absl::OkStatus();
}

absl::Status EventStreamTranslator::Finish(std::string* out) {
  if (complete_) return absl::OkStatus();
  // What is left without an empty line after it counts where it is whole; cut off, it is no event.
  if (const auto event = reader_.Finish()) TakeEvent(*event, out);
  if (complete_) return absl::OkStatus();
  absl::Status status = OnEnd(out);
  complete_ = status.ok();
  return status;
}

EventStreamTranslator::EventResult EventStreamTranslator::TakeEvent(const ServerSentEvent& event,
                                                                    std::string* out) {
  if (!event.has_data) return EventResult::kGoOn;
  const std::string_view data = TrimLine(event.data);
  if (data.empty()) return EventResult::kInvalid;
  const EventResult result = OnEvent(event.name, data, out);
  complete_ = result == EventResult::kComplete;
  return result;
}

absl::Status WholeBodyTranslator::Feed(std::string_view bytes, std::string* out) {
  static_cast<void>(out);
  if (complete_) return absl::OkStatus();
  if (bytes.size() > kMaxAnswerBytes - body_.size()) {
    return absl::ResourceExhaustedError("the provider's answer has more than " +
                                        std::to_string(kMaxAnswerBytes) + " bytes");
  }
  body_.append(bytes);
  return absl::OkStatus();
}

absl::Status WholeBodyTranslator::Finish(std::string* out) {
  if (complete_) return absl::OkStatus();
  const size_t size = body_.size();
  body_.append(kBodyPadding, '\0');
  absl::Status status = OnBody(std::string_view(body_).substr(0, size), out);
  complete_ = status.ok();
  return status;
}

}  // namespace junctor::engine
