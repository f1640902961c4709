// A provider's own wire format for chat completions, as pure translation: no sockets, no clock, no
// credentials. One implementation per format; what speaks OpenAI's format needs none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/config/format_settings.h"
#include "engine/net/http_types.h"
#include "engine/providers/chat/chat_request.h"
#include "engine/providers/chat/failure.h"
#include "engine/providers/chat/usage.h"

namespace junctor::engine {

// Where one chat goes.
struct ChatTarget {
  std::string_view model;  // what follows the provider's slug in the caller's `model`
  bool stream = false;
  const FormatSettings* settings = nullptr;
};

// What is sent. Credentials and the connection's headers are added by others.
struct FormatRequest {
  std::string path;     // with its query; appended to the base URL's path; percent-encoded
  std::string headers;  // whole lines, "name: value\r\n"; content-type is among them
  std::string body;
};

// What a translation of the answer has to know.
struct AnswerContext {
  std::string_view model;       // as the caller named it, for providers whose answers don't say
  bool stream = false;          // the answer is an event stream
  bool include_usage = false;   // the caller asked for a usage chunk
  bool uses_functions = false;  // the caller used the old `functions`
  bool json_tool_as_content = false;  // a forced tool stands for a response format: its input is
                                      // the content
  int64_t created = 0;                // Unix seconds, now
  uint64_t random = 0;                // for ids that the provider does not give; differs per answer
  std::string_view request_id;        // the answer's request id header, where the format has one
};

// Turns one answer with a status of success into OpenAI's form, piece by piece. Memory is bounded:
// by one event for streams, by kMaxAnswerBytes otherwise. Not thread-safe.
class AnswerTranslator {
 public:
  virtual ~AnswerTranslator() = default;

  // Takes the next bytes of the provider's body and appends to `out` what the caller may have of it
  // now: for a stream whole events in OpenAI's form, as early as they can be told; for other
  // answers nothing before the end. An error event of the provider becomes one of OpenAI's form
  // (WriteErrorEvent), and nothing after it counts. An error status: the bytes are not what the
  // format says (of another shape, too large); a single event that is not JSON is skipped and
  // counted instead.
  virtual absl::Status Feed(std::string_view bytes, std::string* out) = 0;

  // The body has ended as its framing says: appends what is left, for a stream `[DONE]` at last. An
  // error status where the answer is not complete: a stream without its finish marker.
  virtual absl::Status Finish(std::string* out) = 0;

  // Whether everything that the caller gets has been appended: nothing more need be read.
  virtual bool complete() const = 0;

  // What the answer used, as far as it is known by now.
  const std::optional<Usage>& usage() const { return usage_; }
  // Events that were not JSON, and skipped (R22).
  uint32_t invalid_events() const { return invalid_events_; }

 protected:
  std::optional<Usage> usage_;
  uint32_t invalid_events_ = 0;
};

// Largest answer that is not a stream: images come inside.
inline constexpr size_t kMaxAnswerBytes = 64 * 1024 * 1024;

// A request together with what its answer's translation has to know of it.
struct TranslatedRequest {
  FormatRequest request;
  bool json_tool_as_content = false;  // see AnswerContext
};

// One wire format. Immutable, thread-safe.
class WireFormat {
 public:
  virtual ~WireFormat() = default;

  // InvalidArgument: this provider can't be asked that, and why (`n` > 1, audio, a model's name
  // that would change the path).
  virtual absl::StatusOr<TranslatedRequest> MakeRequest(const ChatRequest& chat,
                                                        const ChatTarget& target) const = 0;

  // `model` (see ChatTarget) decides for providers that serve several formats.
  virtual std::unique_ptr<AnswerTranslator> MakeTranslator(std::string_view model,
                                                           const AnswerContext& context) const = 0;

  // Of an answer with a status that is no success; `unix_seconds` is now. The default reads all
  // shapes that are known (failure_classifier.h); a format adds what only it knows. Failure::body
  // is OpenAI's shape or empty.
  virtual Failure Classify(int status, const net::HeaderList& headers, std::string_view body,
                           int64_t unix_seconds) const;

  // Name of the header of the provider's answer that holds its request id; empty: none.
  virtual std::string_view request_id_header() const { return {}; }

  // Whether `model` goes on from an assistant's message that stands last, rather than answering it
  // (R22).
  virtual bool TakesAssistantPrefix(std::string_view model) const = 0;
};

}  // namespace junctor::engine
