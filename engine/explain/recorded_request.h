// A request from a file instead of a socket: what `explain` and `eval` run conditions over.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/request/body_index.h"
#include "runtime/request/metadata.h"
#include "runtime/request/request.h"

namespace junctor::engine {

// Longest request that is read: the gateway's own default for a body.
inline constexpr size_t kMaxRecordedRequestBytes = 32u << 20;

// A request in parts, as a file and the command line give it.
struct RequestParts {
  std::optional<std::string> body;  // its bytes as they are
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> metadata;  // text of a JSON object; without it a cf-aig-metadata
                                        // header counts, as in the gateway
  std::string method = "POST";
  std::string path = "/v1/chat/completions";
  std::string client_ip = "127.0.0.1";
  int64_t unix_seconds = 0;
};

// Reads `text`, a JSON object. It is a request in parts when it has a key `body`, or no key but
// `body`, `headers`, `metadata`, `method`, `path` and `client_ip`; any other key beside a `body` is
// an error. Otherwise it is a chat completion's body itself. The value of `body` keeps its bytes; a
// string stands for a body that is that text (it need not be JSON, R33). InvalidArgument says what
// is wrong.
absl::StatusOr<RequestParts> ParseRequestParts(std::string_view text, BodyScanner* scanner);

// The same of text that has passed CheckJson already, as part of a larger one.
absl::StatusOr<RequestParts> ParseCheckedRequestParts(std::string_view text, BodyScanner* scanner);

// The string that the JSON text `json` holds. InvalidArgument when it is no string.
absl::StatusOr<std::string> DecodeJsonString(std::string_view json);

// Checks that `text` is one JSON value (RFC 8259, valid UTF-8). InvalidArgument says what is wrong
// at which byte.
absl::Status CheckJson(std::string_view text);

// A request that owns all that its Request views. Neither copied nor moved.
class RecordedRequest {
 public:
  // InvalidArgument where the metadata is not a flat object (R37).
  static absl::StatusOr<std::unique_ptr<RecordedRequest>> Make(RequestParts parts,
                                                               BodyScanner* scanner);
  RecordedRequest(const RecordedRequest&) = delete;
  RecordedRequest& operator=(const RecordedRequest&) = delete;

  const Request& request() const { return request_; }

 private:
  RecordedRequest() = default;

  RequestParts parts_;
  std::vector<HeaderField> headers_;
  std::optional<Metadata> metadata_;
  BodyIndex body_;
  Request request_;
};

}  // namespace junctor::engine
