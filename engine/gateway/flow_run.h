// One run of a flow, or of a call that names its model itself: its steps are done against the world
// until there is an answer that has begun, or an error.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gateway/attempt_race.h"
#include "engine/gateway/caller_request.h"
#include "engine/gateway/error_response.h"
#include "engine/gateway/held_response.h"
#include "engine/gateway/model_call.h"
#include "engine/gateway/request_log.h"
#include "engine/gateway/spending.h"
#include "engine/gateway/worker.h"
#include "runtime/interp/execution.h"
#include "runtime/request/metadata.h"
#include "runtime/request/request.h"

namespace junctor::engine {

// How a run ended.
struct FlowResult {
  std::optional<ErrorResponse> error;  // none: there is an answer
  bool caller_gone = false;            // nobody to tell
  const char* outcome = "response";    // for the log
};

// An answer that has begun, and what it came from.
struct FlowAnswer {
  std::unique_ptr<HeldResponse> held;
  std::unique_ptr<ModelCall> call;
  std::string step;      // number of the model element along the path, from 0 (R26)
  size_t log_entry = 0;  // its attempt in the log
  bool is_charged = false;
  bool was_hedged = false;                    // its element's fallback was called beside it
  std::optional<Execution::Checkpoint> mark;  // where the flow stood when it came
};

// Runs one request. Used by one coroutine of one loop; must outlive the use of its answer.
class FlowRun {
 public:
  // All outlive the run. `gateway` names whose limits are asked (R17).
  FlowRun(Worker* worker, const CallerRequest* caller, std::string gateway, RequestLog* log);
  // Charges what the answer used by now, if that was not done yet.
  ~FlowRun();
  // What `cf-aig-custom-cost` says; before the run.
  void SetCustomCost(const PriceSet& prices) { custom_cost_ = prices; }

  // Runs `program`, of which `version` is live. `metadata` may be null; it outlives the run.
  net::Awaitable<FlowResult> RunRoute(std::shared_ptr<const Program> program, uint64_t version,
                                      const Metadata* metadata);
  // Makes a call with the retries that `spec` says. `patient_last_attempt`: the last of several
  // attempts is waited for however long it takes, as the documents of the `cf-aig-…` headers say.
  net::Awaitable<FlowResult> RunDirect(const ModelSpec& spec, bool patient_last_attempt);

  // After an event stream of the answer broke with `failure`, when the caller had a part of it: the
  // next attempt or the fallback goes on (R22, `continue`). No error: there is an answer whose
  // chunks go on from what was sent. Otherwise there is none, and the stream has to end with the
  // error.
  net::Awaitable<FlowResult> GoOn(const Failure& failure);

  // Whether there is an answer; what it is.
  bool has_answer() const { return answer_.held != nullptr; }
  FlowAnswer& answer() { return answer_; }
  // Tells health and log that the answer broke after it had begun.
  void NoteBroken();

 private:
  // Does steps until the flow ends.
  net::Awaitable<FlowResult> Drive(Step step);
  // Does a call step; nothing when the caller has gone.
  net::Awaitable<std::optional<Step>> CallModel(const CallStep& step);
  net::Awaitable<std::optional<Step>> CallHedged(const CallStep& step, HealthVerdict verdict,
                                                 net::TimePoint deadline);
  // Does limits and draws until a call or the end.
  Step AnswerUntilCall(Step step);
  void PrepareCall(const CallStep& step, std::unique_ptr<ModelCall>* call) const;
  // What an attempt means for the flow, which waits at its step.
  Step Settle(const CallStep& step, std::unique_ptr<ModelCall> call, HealthVerdict verdict,
              net::TimePoint begin, AttemptResult result, std::string_view kind);
  Step Skip(ModelCall* call);
  // Tells log and health of an attempt that the flow does not wait for.
  void NoteEnd(const AttemptRace::Runner& runner, ModelCall* call, HealthVerdict verdict,
               std::string_view kind);
  size_t NoteAttempt(std::string_view element, const ModelCall& call, const AttemptResult& result,
                     net::TimePoint begin, std::string_view kind);
  LimitAnswer AskLimit(const LimitStep& step);
  // Charges what an answer used to the cost limits passed (R16), once.
  void Charge(FlowAnswer* answer);
  // The same of an attempt that failed, or was given up, where the provider told its usage.
  void ChargeFailed(const ModelCall& call, const AttemptResult& result);
  FlowResult Finish(const FinishStep& step);
  void FillRequest();
  std::string_view ElementOf(const ModelSpec& spec) const;
  const StreamContinuation* continued() const { return broken_.has_value() ? &*broken_ : nullptr; }

  Worker* worker_;
  const CallerRequest* caller_;
  std::string gateway_;
  RequestLog* log_;
  std::vector<HeaderField> header_fields_;
  Request request_;
  std::shared_ptr<const Program> program_;
  std::optional<Execution> execution_;
  net::TimePoint deadline_ = net::TimePoint::max();
  std::optional<PriceSet> custom_cost_;
  std::optional<Spending> spending_;  // once a cost limit was asked

  std::vector<std::unique_ptr<AttemptRace>> races_;  // outlive the answers that came from them
  std::optional<StreamContinuation> broken_;         // what the answer goes on from
  std::unique_ptr<ModelCall> call_;                  // of the current model element
  uint32_t call_ordinal_ = 0;
  FlowAnswer answer_;
  std::optional<Failure> failure_;  // the last one
};

}  // namespace junctor::engine
