// A call in a provider's own form: what the caller sent goes to the provider as it is, and the
// provider's answer back, but for whose key it carries.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/gateway/gateway_scope.h"
#include "engine/gateway/request_log.h"
#include "engine/gateway/worker.h"
#include "engine/net/body_source.h"
#include "engine/net/client.h"
#include "engine/providers/chat/failure.h"
#include "engine/providers/native/native_target.h"
#include "engine/providers/native/request_options.h"

namespace junctor::engine {

// How long a provider's own endpoint may be silent where the caller sets no bound: as long as the
// official clients wait.
inline constexpr std::chrono::milliseconds kNativeTimeout{600'000};

// What is called. The views and the scope outlive the call.
struct NativeRequest {
  std::shared_ptr<const ProviderSet::Entry> provider;
  const GatewayScope* scope = nullptr;
  const net::RequestHead* head = nullptr;  // method and headers; those of an entry for the
                                           // universal endpoint
  std::string_view rest;                   // the path after the slug, empty or beginning with `/`
  std::string_view query;                  // without `?`
  std::string_view body;
  bool has_body = false;              // a body is sent, if only an empty one
  bool reads_answer = false;          // it is read here too, and so must not come compressed
  net::BodySource* upload = nullptr;  // instead of `body`: sent as it comes, and so only once
  net::CancelSignal* gone = nullptr;
};

// How a call ended.
struct NativeAnswer {
  std::unique_ptr<net::ClientExchange> exchange;  // null: `failure` tells why there is no answer
  std::string_view first_piece;    // of the body, in the exchange's buffer; see piece()
  std::string error_body;          // of an answer with an error status: what was read to judge it
  bool ended = false;              // piece() is all of the body
  std::optional<Failure> failure;  // also of an answer with an error status
  bool caller_gone = false;

  // What of the body is here.
  std::string_view piece() const {
    return error_body.empty() ? first_piece : std::string_view(error_body);
  }
};

// One call, with its repetitions. Used by one coroutine.
class NativeCall {
 public:
  NativeCall(Worker* worker, const NativeRequest& request, RequestLog* log)
      : worker_(worker), request_(request), log_(log) {}

  // Sends until the provider answers with something else than an error that another attempt may
  // mend. With `read_errors` the body of an error answer is read even where no attempt is left.
  // InvalidArgument: the path is not one of the provider's, or a credential can't be used.
  net::Awaitable<absl::StatusOr<NativeAnswer>> Run(const RequestOptions& options, bool read_errors);

 private:
  // The lines of the head that depend on whose credential is sent. Nothing: it could not be had,
  // and `answer` says why.
  net::Awaitable<absl::StatusOr<std::string>> MakeHead(const NativeTarget& target,
                                                       net::TimePoint deadline,
                                                       NativeAnswer* answer);
  net::Awaitable<NativeAnswer> Attempt(const NativeTarget& target, std::string_view head,
                                       net::TimePoint deadline, bool reads_errors);

  Worker* worker_;
  NativeRequest request_;
  RequestLog* log_;
};

}  // namespace junctor::engine
