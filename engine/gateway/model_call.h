// Attempts at one model: the body made ready once, then sent as often as the route asks (R19–R22).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/gateway/held_response.h"
#include "engine/gateway/worker.h"
#include "engine/net/server.h"
#include "engine/providers/body_splice.h"
#include "engine/providers/failure.h"
#include "runtime/program/program_parts.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {

// The caller's side of all calls of one request. Views outlive every call.
struct CallerRequest {
  net::ServerExchange* exchange = nullptr;
  std::string_view body;
  const BodyIndex* index = nullptr;
  bool stream = false;
  bool credential_is_ours = false;  // the caller's Authorization is the gateway's token
};

// How one attempt ended.
struct AttemptResult {
  std::unique_ptr<HeldResponse> response;  // the first token is there; null: `failure`
  Failure failure;
  int status = 0;            // the provider's; 0: none came
  bool caller_gone = false;  // cancelled, since the caller left (R24): neither of the two counts
};

// One model element, or one direct call, of one request.
class ModelCall {
 public:
  // Looks the provider up and makes the body. `spec` and what `caller` views outlive the call.
  ModelCall(Worker* worker, const CallerRequest& caller, const ModelSpec& spec);

  // One attempt, which fails with class `timeout` where no token came by `deadline`.
  net::Awaitable<AttemptResult> Attempt(net::TimePoint deadline);

  // The provider's slug as configured, for cf-aig-provider.
  std::string_view provider_slug() const;
  std::string_view model() const { return spec_->model; }

 private:
  Worker* worker_;
  const CallerRequest* caller_;
  const ModelSpec* spec_;
  const ProviderSet::Entry* provider_;
  std::optional<Failure> unusable_;  // why no attempt can be made at all
  SplicedBody body_;
};

}  // namespace junctor::engine
