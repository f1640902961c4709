// Anthropic's form: messages.
#include "engine/faulty/answer_form.h"

namespace junctor::engine {
namespace {

std::string_view AnthropicErrorType(const ReplyError& error) {
  switch (error.status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 409:
      return "conflict_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 503:
    case 529:
      return "overloaded_error";
    default:
      return error.status >= 500 ? "api_error" : "invalid_request_error";
  }
}

std::string StopReason(const Reply& reply) {
  switch (reply.finish) {
    case ReplyFinish::kStop:
      return "\"end_turn\"";
    case ReplyFinish::kLength:
      return "\"max_tokens\"";
    case ReplyFinish::kToolCalls:
      return "\"tool_use\"";
    case ReplyFinish::kContentFilter:
      return "\"refusal\"";
  }
  return "\"end_turn\"";
}

// The prompt's tokens without those of the cache, as Anthropic counts them.
std::string Usage(const Reply& reply, uint64_t output) {
  return R"({"input_tokens":)" + std::to_string(reply.prompt_tokens - reply.cached_tokens) +
         R"(,"cache_creation_input_tokens":0,"cache_read_input_tokens":)" +
         std::to_string(reply.cached_tokens) + R"(,"output_tokens":)" + std::to_string(output) +
         "}";
}

std::string MessageHead(const Reply& reply) {
  return R"({"id":"msg_faulty","type":"message","role":"assistant","model":)" +
         JsonQuoted(reply.model);
}

class AnthropicForm final : public AnswerForm {
 public:
  std::string Body(const Reply& reply) const override {
    std::vector<std::string> blocks;
    if (!reply.thoughts.empty()) {
      blocks.push_back(R"({"type":"thinking","thinking":)" + JsonQuoted(Joined(reply.thoughts)) +
                       R"(,"signature":"c2ln"})");
    }
    if (!reply.tokens.empty()) {
      blocks.push_back(R"({"type":"text","text":)" + JsonQuoted(Joined(reply.tokens)) + "}");
    }
    for (const ReplyToolCall& call : reply.tool_calls) {
      blocks.push_back(R"({"type":"tool_use","id":)" + JsonQuoted(call.id) + R"(,"name":)" +
                       JsonQuoted(call.name) + R"(,"input":)" + Joined(call.arguments) + "}");
    }
    std::string body = MessageHead(reply) + R"(,"content":[)" +
                       CommaList(blocks.size(), [&](size_t i) { return blocks[i]; }) +
                       R"(],"stop_reason":)" + StopReason(reply) + R"(,"stop_sequence":null)";
    if (reply.has_usage) body += R"(,"usage":)" + Usage(reply, reply.completion_tokens());
    return body + "}";
  }

  std::vector<ReplyPiece> Events(const Reply& reply) const override {
    std::vector<ReplyPiece> events;
    size_t index = 0;
    const auto add = [&](std::string_view type, const std::string& members, bool is_token = false) {
      events.push_back({Event(type, members), is_token});
    };
    const auto block = [&](const std::string& start, const std::vector<std::string>& pieces,
                           const std::string& delta_type, const std::string& key) {
      const std::string at = R"("index":)" + std::to_string(index++);
      add("content_block_start", at + R"(,"content_block":)" + start);
      for (const std::string& piece : pieces) {
        add("content_block_delta",
            at + R"(,"delta":{"type":")" + delta_type + R"(",")" + key + R"(":)" +
                JsonQuoted(piece) + "}",
            true);
      }
      add("content_block_stop", at);
    };
    std::string message =
        MessageHead(reply) + R"(,"content":[],"stop_reason":null,"stop_sequence":null)";
    if (reply.has_usage) message += R"(,"usage":)" + Usage(reply, 1);
    add("message_start", R"("message":)" + message + "}");
    events.push_back({"event: ping\n" + Frame(R"({"type":"ping"})"), false});
    if (!reply.thoughts.empty()) {
      block(R"({"type":"thinking","thinking":"","signature":""})", reply.thoughts, "thinking_delta",
            "thinking");
    }
    if (!reply.tokens.empty()) {
      block(R"({"type":"text","text":""})", reply.tokens, "text_delta", "text");
    }
    for (const ReplyToolCall& call : reply.tool_calls) {
      block(R"({"type":"tool_use","id":)" + JsonQuoted(call.id) + R"(,"name":)" +
                JsonQuoted(call.name) + R"(,"input":{}})",
            call.arguments, "input_json_delta", "partial_json");
    }
    if (!reply.has_finish) return events;
    std::string finish =
        R"("delta":{"stop_reason":)" + StopReason(reply) + R"(,"stop_sequence":null})";
    if (reply.has_usage) finish += R"(,"usage":)" + Usage(reply, reply.completion_tokens());
    add("message_delta", finish);
    if (reply.has_done)
      events.push_back({"event: message_stop\n" + Frame(R"({"type":"message_stop"})"), false});
    return events;
  }

  std::string ErrorBody(const ReplyError& error) const override {
    std::string details;
    if (error.kind == ReplyErrorKind::kQuota) {
      details = R"(,"details":{"error_code":"enforced_spend_limit_reached"})";
    }
    return R"({"type":"error","error":{"type":)" + JsonQuoted(AnthropicErrorType(error)) +
           R"(,"message":)" + JsonQuoted(error.message) + details +
           R"(},"request_id":"req_faulty"})";
  }
  std::string ErrorEvent(const ReplyError& error) const override {
    return "event: error\n" + Frame(ErrorBody(error));
  }
  std::string WrongTypes() const override {
    return R"({"id":5,"type":"message","role":["assistant"],"model":{},"content":5,)"
           R"("stop_reason":[],"usage":"none"})";
  }

 private:
  std::string Event(std::string_view type, const std::string& members) const {
    return "event: " + std::string(type) + "\n" +
           Frame(R"({"type":)" + JsonQuoted(type) + "," + members + "}");
  }
};

}  // namespace

std::unique_ptr<const AnswerForm> MakeAnthropicForm() { return std::make_unique<AnthropicForm>(); }

}  // namespace junctor::engine
