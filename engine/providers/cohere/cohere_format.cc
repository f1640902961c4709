#include "engine/providers/cohere/cohere_format.h"

#include <utility>

#include "engine/providers/cohere/cohere_answer.h"
#include "engine/providers/cohere/cohere_errors.h"
#include "engine/providers/cohere/cohere_request.h"
#include "engine/providers/cohere/cohere_stream.h"

namespace junctor::engine {
namespace {

class Cohere final : public WireFormat {
 public:
  absl::StatusOr<TranslatedRequest> MakeRequest(const ChatRequest& chat,
                                                const ChatTarget& target) const override {
    absl::StatusOr<std::string> body = MakeCohereBody(chat, target.model, target.stream);
    if (!body.ok()) return body.status();
    TranslatedRequest made;
    made.request.path = "/v2/chat";
    made.request.headers = "content-type: application/json\r\n";
    made.request.body = *std::move(body);
    return made;
  }

  std::unique_ptr<AnswerTranslator> MakeTranslator(std::string_view model,
                                                   const AnswerContext& context) const override {
    static_cast<void>(model);
    return context.stream ? MakeCohereStream(context) : MakeCohereAnswer(context);
  }

  Failure Classify(int status, const net::HeaderList& headers, std::string_view body,
                   int64_t unix_seconds) const override {
    return ClassifyCohereAnswer(status, headers, body, unix_seconds);
  }

  // A last assistant message is history to Cohere: it answers after it.
  bool TakesAssistantPrefix(std::string_view model) const override {
    static_cast<void>(model);
    return false;
  }
};

}  // namespace

const WireFormat& CohereFormat() {
  static const Cohere format;
  return format;
}

}  // namespace junctor::engine
