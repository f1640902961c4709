// OpenAI's forms: chat completions, embeddings, responses; and the answer on paths of no form.
#include "engine/faulty/answer_form.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kDone = "data: [DONE]\n\n";

std::string_view OpenAiErrorType(const ReplyError& error) {
  if (error.kind == ReplyErrorKind::kQuota) return "insufficient_quota";
  if (error.status == 401) return "authentication_error";
  if (error.status == 403) return "permission_error";
  if (error.status == 429) return "rate_limit_error";
  return error.status >= 500 ? "server_error" : "invalid_request_error";
}

std::string ErrorCode(const ReplyError& error) {
  switch (error.kind) {
    case ReplyErrorKind::kStatus:
      return "null";
    case ReplyErrorKind::kContextLength:
      return "\"context_length_exceeded\"";
    case ReplyErrorKind::kQuota:
      return "\"insufficient_quota\"";
    case ReplyErrorKind::kUnknownModel:
      return "\"model_not_found\"";
  }
  return "null";
}

// What all of OpenAI's endpoints share.
class OpenAiForm : public AnswerForm {
 public:
  std::string ErrorBody(const ReplyError& error) const override {
    return R"({"error":{"message":)" + JsonQuoted(error.message) + R"(,"type":)" +
           JsonQuoted(OpenAiErrorType(error)) + R"(,"param":null,"code":)" + ErrorCode(error) +
           "}}";
  }
  std::string ErrorEvent(const ReplyError& error) const override { return Frame(ErrorBody(error)); }
  std::string WrongTypes() const override {
    return R"({"id":5,"object":["x"],"created":"now","model":{},"choices":"none","data":7,)"
           R"("output":1,"usage":[1]})";
  }
};

class ChatForm final : public OpenAiForm {
 public:
  std::string Body(const Reply& reply) const override {
    std::string message = R"({"role":"assistant","content":)";
    message += reply.tokens.empty() ? "null" : JsonQuoted(Joined(reply.tokens));
    if (!reply.thoughts.empty()) {
      message += R"(,"reasoning_content":)" + JsonQuoted(Joined(reply.thoughts));
    }
    if (!reply.tool_calls.empty()) {
      message += R"(,"tool_calls":[)" +
                 CommaList(reply.tool_calls.size(),
                           [&](size_t i) {
                             const ReplyToolCall& call = reply.tool_calls[i];
                             return R"({"id":)" + JsonQuoted(call.id) +
                                    R"(,"type":"function","function":{"name":)" +
                                    JsonQuoted(call.name) + R"(,"arguments":)" +
                                    JsonQuoted(Joined(call.arguments)) + "}}";
                           }) +
                 "]";
    }
    std::string body = Prefix(reply, "chat.completion") + R"("choices":[{"index":0,"message":)" +
                       message + "}" + R"(,"finish_reason":)" + FinishReason(reply) + "}]";
    if (reply.has_usage) body += R"(,"usage":)" + UsageOf(reply);
    return body + "}";
  }

  std::vector<ReplyPiece> Events(const Reply& reply) const override {
    std::vector<ReplyPiece> events;
    const auto delta = [&](const std::string& json, bool is_token) {
      events.push_back({Chunk(reply, json, "null"), is_token});
    };
    delta(R"({"role":"assistant","content":""})", false);
    for (const std::string& thought : reply.thoughts) {
      delta(R"({"reasoning_content":)" + JsonQuoted(thought) + "}", true);
    }
    for (const std::string& token : reply.tokens) {
      delta(R"({"content":)" + JsonQuoted(token) + "}", true);
    }
    for (size_t i = 0; i < reply.tool_calls.size(); ++i) {
      const ReplyToolCall& call = reply.tool_calls[i];
      const std::string head = R"({"tool_calls":[{"index":)" + std::to_string(i);
      delta(head + R"(,"id":)" + JsonQuoted(call.id) + R"(,"type":"function","function":{"name":)" +
                JsonQuoted(call.name) + R"(,"arguments":""}}]})",
            false);
      for (const std::string& piece : call.arguments) {
        delta(head + R"(,"function":{"arguments":)" + JsonQuoted(piece) + "}}]}", true);
      }
    }
    if (!reply.has_finish) return events;
    events.push_back({Chunk(reply, "{}", FinishReason(reply)), false});
    if (reply.has_usage && reply.usage_chunk) {
      events.push_back({Frame(Prefix(reply, "chat.completion.chunk") + R"("choices":[],"usage":)" +
                              UsageOf(reply) + "}"),
                        false});
    }
    if (reply.has_done) events.push_back({std::string(kDone), false});
    return events;
  }

 private:
  static std::string Prefix(const Reply& reply, std::string_view object) {
    return R"({"id":"chatcmpl-faulty","object":)" + JsonQuoted(object) +
           R"(,"created":1700000000,"model":)" + JsonQuoted(reply.model) + ",";
  }

  std::string Chunk(const Reply& reply, const std::string& delta, const std::string& finish) const {
    return Frame(Prefix(reply, "chat.completion.chunk") + R"("choices":[{"index":0,"delta":)" +
                 delta + R"(,"finish_reason":)" + finish + "}]}");
  }

  static std::string FinishReason(const Reply& reply) {
    switch (reply.finish) {
      case ReplyFinish::kStop:
        return "\"stop\"";
      case ReplyFinish::kLength:
        return "\"length\"";
      case ReplyFinish::kToolCalls:
        return "\"tool_calls\"";
      case ReplyFinish::kContentFilter:
        return "\"content_filter\"";
    }
    return "\"stop\"";
  }

  static std::string UsageOf(const Reply& reply) {
    const uint64_t completion = reply.completion_tokens();
    return R"({"prompt_tokens":)" + std::to_string(reply.prompt_tokens) +
           R"(,"completion_tokens":)" + std::to_string(completion) + R"(,"total_tokens":)" +
           std::to_string(reply.prompt_tokens + completion) +
           R"(,"prompt_tokens_details":{"cached_tokens":)" + std::to_string(reply.cached_tokens) +
           R"(},"completion_tokens_details":{"reasoning_tokens":)" +
           std::to_string(reply.thoughts.size()) + "}}";
  }
};

class EmbeddingsForm final : public OpenAiForm {
 public:
  explicit EmbeddingsForm(size_t inputs) : inputs_(inputs) {}

  std::string Body(const Reply& reply) const override {
    std::string body = R"({"object":"list","data":[)" +
                       CommaList(inputs_,
                                 [](size_t i) {
                                   return R"({"object":"embedding","index":)" + std::to_string(i) +
                                          R"(,"embedding":[0.25,-0.5,1]})";
                                 }) +
                       R"(],"model":)" + JsonQuoted(reply.model);
    if (reply.has_usage) {
      const std::string prompt = std::to_string(reply.prompt_tokens);
      body += R"(,"usage":{"prompt_tokens":)" + prompt + R"(,"total_tokens":)" + prompt + "}";
    }
    return body + "}";
  }
  std::vector<ReplyPiece> Events(const Reply& reply) const override {
    return {{Body(reply), true}};
  }

 private:
  size_t inputs_;
};

class ResponsesForm final : public OpenAiForm {
 public:
  std::string Body(const Reply& reply) const override {
    return Response(reply, reply.finish == ReplyFinish::kLength ? "incomplete" : "completed", true);
  }

  std::vector<ReplyPiece> Events(const Reply& reply) const override {
    std::vector<ReplyPiece> events;
    size_t number = 0;
    const auto add = [&](const std::string& type, const std::string& members, bool is_token) {
      events.push_back({"event: " + type + "\n" +
                            Frame(R"({"type":)" + JsonQuoted(type) + R"(,"sequence_number":)" +
                                  std::to_string(number++) + members + "}"),
                        is_token});
    };
    add("response.created", R"(,"response":)" + Response(reply, "in_progress", false), false);
    for (const std::string& token : reply.tokens) {
      add("response.output_text.delta",
          R"(,"item_id":"msg_faulty","output_index":0,"content_index":0,"delta":)" +
              JsonQuoted(token),
          true);
    }
    if (reply.has_finish) add("response.completed", R"(,"response":)" + Body(reply), false);
    return events;
  }

  std::string ErrorEvent(const ReplyError& error) const override {
    return "event: error\n" +
           Frame(R"({"type":"error","code":)" + ErrorCode(error) + R"(,"message":)" +
                 JsonQuoted(error.message) + R"(,"param":null})");
  }

 private:
  static std::string Response(const Reply& reply, std::string_view status, bool with_output) {
    std::string text = R"({"id":"resp_faulty","object":"response","created_at":1700000000,)"
                       R"("status":)" +
                       JsonQuoted(status) + R"(,"model":)" + JsonQuoted(reply.model) +
                       R"(,"output":[)";
    if (with_output) {
      text += R"({"type":"message","id":"msg_faulty","role":"assistant","status":"completed",)"
              R"("content":[{"type":"output_text","annotations":[],"text":)" +
              JsonQuoted(Joined(reply.tokens)) + "}]}";
    }
    text += "]";
    if (with_output && reply.has_usage) {
      const uint64_t output = reply.completion_tokens();
      text += R"(,"usage":{"input_tokens":)" + std::to_string(reply.prompt_tokens) +
              R"(,"input_tokens_details":{"cached_tokens":)" + std::to_string(reply.cached_tokens) +
              R"(},"output_tokens":)" + std::to_string(output) + R"(,"total_tokens":)" +
              std::to_string(reply.prompt_tokens + output) + "}";
    }
    return text + "}";
  }
};

// On any other path: what was received.
class OtherForm final : public OpenAiForm {
 public:
  explicit OtherForm(const ReceivedRequest& request)
      : body_(R"({"method":)" + JsonQuoted(request.method) + R"(,"target":)" +
              JsonQuoted(request.target) + R"(,"body_bytes":)" +
              std::to_string(request.body.size()) + "}") {}

  std::string Body(const Reply&) const override { return body_; }
  std::vector<ReplyPiece> Events(const Reply&) const override { return {{body_, true}}; }

 private:
  std::string body_;
};

}  // namespace

std::unique_ptr<const AnswerForm> MakeOpenAiChatForm() { return std::make_unique<ChatForm>(); }

std::unique_ptr<const AnswerForm> MakeOpenAiEmbeddingsForm(size_t inputs) {
  return std::make_unique<EmbeddingsForm>(inputs);
}

std::unique_ptr<const AnswerForm> MakeOpenAiResponsesForm() {
  return std::make_unique<ResponsesForm>();
}

std::unique_ptr<const AnswerForm> MakeOtherForm(const ReceivedRequest& request) {
  return std::make_unique<OtherForm>(request);
}

}  // namespace junctor::engine
