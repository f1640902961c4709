// Google's form: generateContent.
#include "engine/faulty/answer_form.h"

namespace junctor::engine {
namespace {

std::string_view StatusName(const ReplyError& error) {
  switch (error.status) {
    case 400:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 499:
      return "CANCELLED";
    case 503:
      return "UNAVAILABLE";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return error.status >= 500 ? "INTERNAL" : "FAILED_PRECONDITION";
  }
}

std::string FinishReason(const Reply& reply) {
  switch (reply.finish) {
    case ReplyFinish::kStop:
    case ReplyFinish::kToolCalls:
      return "\"STOP\"";
    case ReplyFinish::kLength:
      return "\"MAX_TOKENS\"";
    case ReplyFinish::kContentFilter:
      return "\"SAFETY\"";
  }
  return "\"STOP\"";
}

std::string TextPart(const std::string& text) { return R"({"text":)" + JsonQuoted(text) + "}"; }

std::string ThoughtPart(const std::string& text) {
  return R"({"text":)" + JsonQuoted(text) + R"(,"thought":true})";
}

std::string CallPart(const ReplyToolCall& call) {
  return R"({"functionCall":{"name":)" + JsonQuoted(call.name) + R"(,"args":)" +
         Joined(call.arguments) + "}}";
}

// A response object; `finish` is empty before the end.
std::string Response(const Reply& reply, const std::string& parts, const std::string& finish) {
  std::string text = R"({"candidates":[{"index":0)";
  if (!parts.empty()) text += R"(,"content":{"role":"model","parts":[)" + parts + "]}";
  if (!finish.empty()) text += R"(,"finishReason":)" + finish;
  text += "}]";
  if (reply.has_usage && !finish.empty()) {
    const uint64_t completion = reply.completion_tokens();
    text += R"(,"usageMetadata":{"promptTokenCount":)" + std::to_string(reply.prompt_tokens);
    if (reply.cached_tokens > 0) {
      text += R"(,"cachedContentTokenCount":)" + std::to_string(reply.cached_tokens);
    }
    text += R"(,"candidatesTokenCount":)" + std::to_string(completion - reply.thoughts.size());
    if (!reply.thoughts.empty()) {
      text += R"(,"thoughtsTokenCount":)" + std::to_string(reply.thoughts.size());
    }
    text += R"(,"totalTokenCount":)" + std::to_string(reply.prompt_tokens + completion) + "}";
  }
  return text + R"(,"modelVersion":)" + JsonQuoted(reply.model) + R"(,"responseId":"faulty"})";
}

class GoogleForm final : public AnswerForm {
 public:
  explicit GoogleForm(bool event_stream) : event_stream_(event_stream) {}

  std::string Body(const Reply& reply) const override {
    std::vector<std::string> parts;
    if (!reply.thoughts.empty()) parts.push_back(ThoughtPart(Joined(reply.thoughts)));
    if (!reply.tokens.empty()) parts.push_back(TextPart(Joined(reply.tokens)));
    for (const ReplyToolCall& call : reply.tool_calls) parts.push_back(CallPart(call));
    return Response(reply, CommaList(parts.size(), [&](size_t i) { return parts[i]; }),
                    FinishReason(reply));
  }

  std::vector<ReplyPiece> Events(const Reply& reply) const override {
    std::vector<ReplyPiece> events;
    if (!event_stream_) events.push_back({"[", false});
    const auto add = [&](const std::string& parts, bool is_token) {
      const std::string comma = !event_stream_ && events.size() > 1 ? ",\r\n" : "";
      const bool at_end = parts.empty();
      const std::string data = Response(reply, parts, at_end ? FinishReason(reply) : "");
      events.push_back({event_stream_ ? Frame(data) : comma + data, is_token});
    };
    for (const std::string& thought : reply.thoughts) add(ThoughtPart(thought), true);
    for (const std::string& token : reply.tokens) add(TextPart(token), true);
    for (const ReplyToolCall& call : reply.tool_calls) add(CallPart(call), true);
    if (reply.has_finish) add("", false);
    if (!event_stream_) events.push_back({"]", false});
    return events;
  }

  std::string ErrorBody(const ReplyError& error) const override {
    std::string details;
    if (error.kind == ReplyErrorKind::kQuota) {
      details =
          R"(,"details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[)"
          R"({"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"50"}]}])";
    } else if (error.retry_after_seconds > 0) {
      details =
          R"(,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":")" +
          std::to_string(error.retry_after_seconds) + R"(s"}])";
    }
    return R"({"error":{"code":)" + std::to_string(error.status) + R"(,"message":)" +
           JsonQuoted(error.message) + R"(,"status":)" + JsonQuoted(StatusName(error)) + details +
           "}}";
  }
  std::string ErrorEvent(const ReplyError& error) const override {
    return event_stream_ ? Frame(ErrorBody(error)) : ",\r\n" + ErrorBody(error) + "]";
  }
  std::string WrongTypes() const override {
    return R"({"candidates":{"content":1},"usageMetadata":"none","modelVersion":[]})";
  }
  std::string Frame(std::string_view data) const override {
    return event_stream_ ? AnswerForm::Frame(data) : ",\r\n" + std::string(data);
  }
  std::string_view stream_type() const override {
    return event_stream_ ? "text/event-stream" : "application/json";
  }
  bool is_event_stream() const override { return event_stream_; }

 private:
  bool event_stream_;
};

}  // namespace

std::unique_ptr<const AnswerForm> MakeGoogleForm(bool event_stream) {
  return std::make_unique<GoogleForm>(event_stream);
}

}  // namespace junctor::engine
