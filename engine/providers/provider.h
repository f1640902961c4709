// A provider as the data plane sees it: something that answers chat completions in OpenAI's form.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "engine/net/cancel.h"
#include "engine/net/client.h"
#include "engine/net/event_loop.h"
#include "engine/providers/model_response.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {

// One chat completion to be sent. Views stay valid until Send has returned; `cancel` until the
// response is gone.
struct ModelRequest {
  std::string_view model;                    // as the provider knows it
  std::string_view byok_alias;               // which stored key; empty: the default one
  const net::RequestHead* caller = nullptr;  // headers of the caller, for those that are passed on
  bool caller_credential_is_ours =
      false;  // the caller's Authorization holds the gateway's own token: never passed on
  std::span<const std::string_view> body;  // with the provider's model in it already
  size_t body_bytes = 0;
  const BodyIndex* index = nullptr;  // of the caller's body
  bool stream = false;               // whether the body asks for an event stream
  net::TimePoint deadline = net::TimePoint::max();
  net::CancelSignal* cancel = nullptr;
};

// Answers chat completions. One object per provider and event loop; used on that loop's thread. A
// wire format of its own is an implementation of its own, which translates both ways; what speaks
// OpenAI's format is a record for OpenAiCompatibleProvider.
class Provider {
 public:
  virtual ~Provider() = default;
  // Sends the request and waits for the head of the answer. Errors are those of the network; a
  // status that is no success is an answer.
  virtual net::Awaitable<net::NetResult<std::unique_ptr<ModelResponse>>> Send(
      const ModelRequest& request) = 0;
};

}  // namespace junctor::engine
