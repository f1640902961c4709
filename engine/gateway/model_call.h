// Attempts at one model: the request made ready once, then sent as often as the route asks
// (R19–R22).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/directory/stored_key.h"
#include "engine/gateway/caller_request.h"
#include "engine/gateway/held_response.h"
#include "engine/gateway/spending.h"
#include "engine/gateway/target_health.h"
#include "engine/gateway/worker.h"
#include "engine/providers/chat/failure.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

// How one attempt ended.
struct AttemptResult {
  std::unique_ptr<HeldResponse> response;  // the first token is there; null: `failure`
  Failure failure;
  std::optional<Usage> usage;  // of a failed attempt, where the provider told it all the same
  uint64_t answer_bytes = 0;   // of its answer, as far as that came: it was paid for
  int status = 0;              // the provider's; 0: none came
  bool cancelled = false;  // given up by us (the caller left, or another call was faster): neither
                           // of the two counts
};

// One model element, or one direct call, of one request. Used by one coroutine at a time.
class ModelCall {
 public:
  // Looks the provider up and makes the request ready. `spec` and what `caller` views outlive the
  // call. `prefix` is what of the answer the caller has already (R22); empty: nothing. With
  // `wants_usage` a stream is asked for its usage.
  ModelCall(Worker* worker, const CallerRequest& caller, const ModelSpec& spec,
            std::string_view prefix = {}, bool wants_usage = false);

  // One attempt, which fails with class `timeout` where no token came by `deadline`. `cancel` ends
  // it, and must live until the response is gone. With `hold` the whole answer is awaited (R22).
  // `continued`: what the caller has of an answer that broke; null: nothing.
  net::Awaitable<AttemptResult> Attempt(net::TimePoint deadline, net::CancelSignal* cancel,
                                        const StreamContinuation* continued = nullptr);

  // The provider's slug as configured, for cf-aig-provider.
  std::string_view provider_slug() const;
  const ModelSpec& spec() const { return *spec_; }
  // Whether the answer goes on from the prefix, rather than beginning afresh.
  bool continues_prefix() const;

  // What its latest attempt may still be charged.
  CallClaim* claim() { return &claim_; }

  // Health (see target_health.h). All do nothing where the element wants none.
  HealthVerdict Admit();
  // Whether the target is left alone now.
  bool IsCooling();
  void NoteSkipped();
  // Tells what became of an attempt, and logs where that changed the target's health. `error`: none
  // for a success.
  void ReportHealth(HealthVerdict verdict, std::optional<ErrorClass> error, bool cancelled);

 private:
  Worker* worker_;
  const CallerRequest* caller_;
  const ModelSpec* spec_;
  std::shared_ptr<const ProviderSet::Entry> provider_;
  std::optional<Failure> unusable_;  // why no attempt can be made at all
  std::unique_ptr<PreparedRequest> request_;
  const StoredKey* key_ = nullptr;  // the stored key that it is made with, where that has a limit
  TargetHealth::Target* health_ = nullptr;
  CallClaim claim_;
};

}  // namespace junctor::engine
