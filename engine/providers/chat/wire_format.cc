#include "engine/providers/chat/wire_format.h"

#include "engine/providers/chat/failure_classifier.h"

namespace junctor::engine {

Failure WireFormat::Classify(int status, const net::HeaderList& headers, std::string_view body,
                             int64_t unix_seconds) const {
  return ClassifyAnswer(status, headers, body, unix_seconds);
}

}  // namespace junctor::engine
