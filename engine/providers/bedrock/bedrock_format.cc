#include "engine/providers/bedrock/bedrock_format.h"

#include <utility>

#include "engine/providers/bedrock/bedrock_answer.h"
#include "engine/providers/bedrock/bedrock_errors.h"
#include "engine/providers/bedrock/bedrock_models.h"
#include "engine/providers/bedrock/bedrock_request.h"
#include "engine/providers/bedrock/bedrock_stream.h"

namespace junctor::engine {
namespace {

class Bedrock final : public WireFormat {
 public:
  absl::StatusOr<TranslatedRequest> MakeRequest(const ChatRequest& chat,
                                                const ChatTarget& target) const override {
    absl::StatusOr<std::string> segment = BedrockPathSegment(target.model);
    if (!segment.ok()) return segment.status();
    const FormatSettings defaults;
    const FormatSettings& settings = target.settings != nullptr ? *target.settings : defaults;
    absl::StatusOr<BedrockBody> body =
        MakeBedrockBody(chat, target.model, settings.default_max_tokens);
    if (!body.ok()) return body.status();
    TranslatedRequest made;
    made.request.path = "/model/" + *segment + (target.stream ? "/converse-stream" : "/converse");
    made.request.headers = "content-type: application/json\r\n";
    made.request.body = std::move(body->json);
    made.json_tool_as_content = body->json_tool_as_content;
    return made;
  }

  std::unique_ptr<AnswerTranslator> MakeTranslator(std::string_view model,
                                                   const AnswerContext& context) const override {
    static_cast<void>(model);
    return context.stream ? MakeBedrockStream(context) : MakeBedrockAnswer(context);
  }

  Failure Classify(int status, const net::HeaderList& headers, std::string_view body,
                   int64_t unix_seconds) const override {
    return ClassifyBedrockAnswer(status, headers, body, unix_seconds);
  }

  std::string_view request_id_header() const override { return "x-amzn-requestid"; }

  bool TakesAssistantPrefix(std::string_view model) const override {
    return BedrockModelOf(model).takes_prefill;
  }
};

}  // namespace

const WireFormat& BedrockFormat() {
  static const Bedrock format;
  return format;
}

}  // namespace junctor::engine
