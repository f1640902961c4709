// A provider as the data plane sees it: something that answers requests in OpenAI's form.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/net/cancel.h"
#include "engine/net/timer_wheel.h"
#include "engine/providers/chat/failure.h"
#include "engine/providers/model_request.h"
#include "engine/providers/model_response.h"

namespace junctor::engine {

// A request made ready for its provider: the same bytes are sent on every attempt (R22). Used on
// one loop's thread.
class PreparedRequest {
 public:
  virtual ~PreparedRequest() = default;

  // Sends it and waits for the head of the answer. Errors are those of the network; a status that
  // is no success is an answer. `cancel` must live until the response is gone.
  virtual net::Awaitable<net::NetResult<std::unique_ptr<ModelResponse>>> Send(
      net::TimePoint deadline, net::CancelSignal* cancel) = 0;

  // What an answer whose status is no success, with `body`, means (R21). `unix_seconds` is now.
  virtual Failure Classify(const ModelResponse& response, std::string_view body,
                           int64_t unix_seconds) const;

  // A number that is the same for the same credential: health is kept apart by it. 0: none is sent.
  virtual uint64_t credential_id() const { return 0; }

  // Whether the usage of a stream was asked for though the caller did not: its chunk is to be kept
  // from the caller.
  virtual bool adds_usage() const { return false; }

  // Whether the answer will go on from ModelRequest::assistant_prefix, rather than begin afresh.
  virtual bool continues_prefix() const { return false; }
};

// Answers requests. One object per provider and event loop; used on that loop's thread. A wire
// format of its own is a WireFormat for TranslatingProvider; what speaks OpenAI's format is a
// record for OpenAiCompatibleProvider.
class Provider {
 public:
  virtual ~Provider() = default;
  // Makes `request` ready. InvalidArgument: the provider can't be asked that, and why (the caller's
  // or the route's mistake); FailedPrecondition: the configuration lacks something, named.
  virtual absl::StatusOr<std::unique_ptr<PreparedRequest>> Prepare(const ModelRequest& request) = 0;
};

}  // namespace junctor::engine
