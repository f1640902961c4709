#include "engine/providers/mistral/mistral_format.h"

#include <utility>

#include "engine/providers/mistral/mistral_answer.h"
#include "engine/providers/mistral/mistral_request.h"
#include "engine/providers/mistral/mistral_stream.h"

namespace junctor::engine {
namespace {

class Mistral final : public WireFormat {
 public:
  absl::StatusOr<TranslatedRequest> MakeRequest(const ChatRequest& chat,
                                                const ChatTarget& target) const override {
    absl::StatusOr<std::string> body = MakeMistralBody(chat, target.model, target.stream);
    if (!body.ok()) return body.status();
    TranslatedRequest made;
    made.request.path = "/v1/chat/completions";
    made.request.headers = "content-type: application/json\r\n";
    made.request.body = *std::move(body);
    return made;
  }

  std::unique_ptr<AnswerTranslator> MakeTranslator(std::string_view model,
                                                   const AnswerContext& context) const override {
    static_cast<void>(model);
    return context.stream ? MakeMistralStream(context) : MakeMistralAnswer(context);
  }

  // All of Mistral's chat models go on from a last assistant message that says `prefix`.
  bool TakesAssistantPrefix(std::string_view model) const override {
    static_cast<void>(model);
    return true;
  }
};

}  // namespace

const WireFormat& MistralFormat() {
  static const Mistral format;
  return format;
}

}  // namespace junctor::engine
