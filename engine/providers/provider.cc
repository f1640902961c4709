#include "engine/providers/provider.h"

#include "engine/providers/chat/failure_classifier.h"

namespace junctor::engine {

std::string_view OperationName(Operation operation) {
  switch (operation) {
    case Operation::kChat:
      return "chat completions";
    case Operation::kEmbeddings:
      return "embeddings";
    case Operation::kResponses:
      return "responses";
  }
  return "";
}

Failure PreparedRequest::Classify(const ModelResponse& response, std::string_view body,
                                  int64_t unix_seconds) const {
  return ClassifyAnswer(response.status(), response.headers(), body, unix_seconds);
}

}  // namespace junctor::engine
