// One chat completion, from its body to its answer: the flow is run, its steps are done, the
// outcome is sent.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gateway/authentication.h"
#include "engine/gateway/endpoint.h"
#include "engine/gateway/error_response.h"
#include "engine/gateway/held_response.h"
#include "engine/gateway/model_call.h"
#include "engine/gateway/request_log.h"
#include "engine/gateway/worker.h"
#include "engine/net/server.h"
#include "runtime/interp/execution.h"
#include "runtime/request/body_index.h"
#include "runtime/request/metadata.h"
#include "runtime/request/request.h"

namespace junctor::engine {

// Serves one request for a chat completion. Lives in the handler's frame; one coroutine of one loop
// uses it.
class ChatCompletion {
 public:
  // All outlive the object; `log` gets what is known of the request as it comes.
  ChatCompletion(Worker* worker, net::ServerExchange* exchange, const Endpoint& endpoint,
                 const Authentication& authentication, RequestLog* log);

  // Reads, decides, calls and answers. Returns when the answer is out or the caller has gone.
  net::Awaitable<void> Run();

 private:
  // What is sent at the end.
  struct Outcome {
    std::optional<ErrorResponse> error;  // else `held_`
    bool caller_gone = false;
    const char* name = "response";  // for the log
  };

  // Reads what a request must have before any flow is run; an error is the answer.
  std::optional<ErrorResponse> Prepare(std::string_view body);
  std::optional<ErrorResponse> CheckDuplicates(const Program* program) const;
  void FillRequest(std::string_view body, const Program& program);

  net::Awaitable<Outcome> RunRoute(std::string_view name);
  net::Awaitable<Outcome> RunDirect();
  // Makes the attempt that `step` asks for; nothing when the caller has gone.
  net::Awaitable<std::optional<CallAnswer>> MakeAttempt(const CallStep& step,
                                                        const Program& program,
                                                        net::TimePoint deadline);
  void NoteAttempt(std::string_view element, const ModelCall& call, const AttemptResult& result,
                   net::TimePoint begin);
  LimitAnswer AskLimit(const LimitStep& step, const Program& program);
  Outcome Finish(const FinishStep& step, const Program& program);

  net::Awaitable<void> Send(const Outcome& outcome);
  net::Awaitable<void> SendHeld();
  net::Awaitable<void> SendError(const ErrorResponse& error);
  // Headers that every answer carries, and those of the route (R26).
  void AppendOwnHeaders(std::vector<net::HeaderView>* headers) const;

  Worker* worker_;
  net::ServerExchange* exchange_;
  const Endpoint* endpoint_;
  RequestLog* log_;
  CallerRequest caller_;
  BodyIndex index_;
  std::optional<Metadata> metadata_;
  std::vector<HeaderField> header_fields_;
  Request request_;
  std::string model_;  // as the caller named it
  std::string route_;
  std::string version_;

  std::unique_ptr<ModelCall> call_;  // of the current model element
  uint32_t call_ordinal_ = 0;
  std::unique_ptr<HeldResponse> held_;
  std::string held_provider_;
  std::string held_model_;
  std::string held_step_;
  std::optional<Failure> failure_;  // the last one
};

}  // namespace junctor::engine
