// The way back: an answer, piece by piece, or an error, from a finished run to the caller.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/gateway/error_response.h"
#include "engine/gateway/flow_run.h"
#include "engine/gateway/request_log.h"
#include "engine/net/server.h"

namespace junctor::engine {

// Sends one answer on one exchange, with the headers that every answer of the gateway carries
// (R26). Used by one coroutine.
class AnswerSender {
 public:
  // Both outlive the sender.
  AnswerSender(net::ServerExchange* exchange, RequestLog* log) : exchange_(exchange), log_(log) {}

  // Headers of a route; none are sent before this.
  void SetRoute(std::string_view name, uint64_t version);
  // On the universal endpoint `cf-aig-step` is the number of the entry that answered, and the model
  // element's number goes into `cf-aig-route-step` (R26).
  void SetEntry(size_t entry) { entry_ = std::to_string(entry); }

  // The end of `run`: its answer, followed by what goes on from it where it breaks (R22), or its
  // error.
  net::Awaitable<void> Send(FlowRun* run, FlowResult result, Log* log);
  net::Awaitable<void> SendError(const ErrorResponse& error, std::string_view outcome);

  // Appends the headers of every answer.
  void AppendOwnHeaders(std::vector<net::HeaderView>* headers) const;

 private:
  net::Awaitable<void> SendAnswer(FlowRun* run, Log* log);
  // After a break: true where `run` has an answer that goes on.
  net::Awaitable<bool> GoOn(FlowRun* run, const Failure& failure);

  net::ServerExchange* exchange_;
  RequestLog* log_;
  std::string route_;
  std::string version_;
  std::string entry_;  // empty: not on the universal endpoint
};

}  // namespace junctor::engine
