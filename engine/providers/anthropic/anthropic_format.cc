#include "engine/providers/anthropic/anthropic_format.h"

#include <string>
#include <utility>

#include "engine/providers/anthropic/anthropic_answer.h"
#include "engine/providers/anthropic/anthropic_errors.h"
#include "engine/providers/anthropic/anthropic_request.h"
#include "engine/providers/anthropic/anthropic_stream.h"
#include "engine/providers/anthropic/claude_models.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kPath = "/v1/messages";
constexpr std::string_view kVersion = "2023-06-01";

class Format final : public WireFormat {
 public:
  absl::StatusOr<TranslatedRequest> MakeRequest(const ChatRequest& chat,
                                                const ChatTarget& target) const override {
    AnthropicRequestOptions options;
    options.stream = target.stream;
    std::string version(kVersion);
    if (target.settings != nullptr) {
      options.default_max_tokens = target.settings->default_max_tokens;
      if (!target.settings->api_version.empty()) version = target.settings->api_version;
    }
    auto body = MakeAnthropicBody(chat, target.model, options);
    if (!body.ok()) return body.status();
    TranslatedRequest translated;
    translated.request.path = kPath;
    translated.request.headers =
        "content-type: application/json\r\nanthropic-version: " + version + "\r\n";
    translated.request.body = std::move(body->json);
    translated.json_tool_as_content = body->json_tool_as_content;
    return translated;
  }

  std::unique_ptr<AnswerTranslator> MakeTranslator(std::string_view,
                                                   const AnswerContext& context) const override {
    return context.stream ? MakeAnthropicStreamTranslator(context)
                          : MakeAnthropicAnswerTranslator(context);
  }

  Failure Classify(int status, const net::HeaderList& headers, std::string_view body,
                   int64_t unix_seconds) const override {
    return ClassifyAnthropicAnswer(status, headers, body, unix_seconds);
  }

  std::string_view request_id_header() const override { return "request-id"; }

  bool TakesAssistantPrefix(std::string_view model) const override {
    return ClaudeModelOf(model).takes_prefill;
  }
};

}  // namespace

const WireFormat& AnthropicFormat() {
  static const Format format;
  return format;
}

}  // namespace junctor::engine
