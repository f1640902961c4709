#include "engine/providers/google/google_format.h"

#include <utility>

#include "engine/providers/google/google_answer.h"
#include "engine/providers/google/google_errors.h"
#include "engine/providers/google/google_request.h"
#include "engine/providers/google/google_stream.h"

namespace junctor::engine {
namespace {

class Format final : public WireFormat {
 public:
  absl::StatusOr<TranslatedRequest> MakeRequest(const ChatRequest& chat,
                                                const ChatTarget& target) const override {
    constexpr std::string_view kModels = "models/";
    constexpr std::string_view kTunedModels = "tunedModels/";
    std::string_view collection = kModels;
    std::string_view model = target.model;
    if (model.starts_with(kModels)) {
      model.remove_prefix(kModels.size());
    } else if (model.starts_with(kTunedModels)) {
      collection = kTunedModels;
      model.remove_prefix(kTunedModels.size());
    }
    if (absl::Status status = CheckModelPathSegment(model); !status.ok()) return status;
    TranslatedRequest made;
    made.request.path.append("/v1beta/").append(collection).append(model);
    made.request.path.append(target.stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
    made.request.headers = "content-type: application/json\r\n";
    if (absl::Status status = WriteGoogleRequest(chat, model, &made.request.body); !status.ok())
      return status;
    return made;
  }

  std::unique_ptr<AnswerTranslator> MakeTranslator(std::string_view /*model*/,
                                                   const AnswerContext& context) const override {
    return context.stream ? MakeGoogleStreamTranslator(context)
                          : MakeGoogleAnswerTranslator(context);
  }

  Failure Classify(int status, const net::HeaderList& headers, std::string_view body,
                   int64_t unix_seconds) const override {
    std::optional<Failure> failure = ClassifyGoogleAnswer(status, headers, body, unix_seconds);
    return failure ? *std::move(failure)
                   : WireFormat::Classify(status, headers, body, unix_seconds);
  }

  // Gemini answers its own last turn rather than going on from it.
  bool TakesAssistantPrefix(std::string_view /*model*/) const override { return false; }
};

}  // namespace

const WireFormat& GoogleFormat() {
  static const Format format;
  return format;
}

}  // namespace junctor::engine
