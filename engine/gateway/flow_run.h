// One run of a flow, or of a call that names its model itself: its steps are done against the world
// until there is an answer that has begun, or an error.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "engine/gateway/attempt_race.h"
#include "engine/gateway/caller_request.h"
#include "engine/gateway/decision_record.h"
#include "engine/gateway/error_response.h"
#include "engine/gateway/flow_request.h"
#include "engine/gateway/held_response.h"
#include "engine/gateway/model_call.h"
#include "engine/gateway/request_limits.h"
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
  // All outlive the run. The caller's scope names whose limits are asked (R17).
  FlowRun(Worker* worker, const CallerRequest* caller, RequestLog* log);
  // Charges what the answer used by now, if that was not done yet.
  ~FlowRun();
  // The limits of the gateway, and the metadata that its rules read; before the run. Both may be
  // null, and outlive the run.
  void SetLimits(RequestLimits* limits, const Metadata* metadata);
  // What `cf-aig-custom-cost` says; before the run.
  void SetCustomCost(const PriceSet& prices) { custom_cost_ = prices; }
  // Notes what RunRoute decides; before the run, which `record` outlives.
  void RecordInto(DecisionRecord* record) { record_ = record; }

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
  // Does limits and draws until a call that may be made, or the end. False: `step` is left at a
  // question that a shared store has to answer; AnswerUntilCall then.
  bool TryAnswerUntilCall(Step* step);
  net::Awaitable<Step> AnswerUntilCall(Step step);
  // Asks a shared store what is open at `step`, and what will be where it lets the request pass:
  // the whole path to the next call in one round trip. Returns the step that comes of it.
  net::Awaitable<Step> AskAhead(Step step);
  // Asks all of the gateway's limits that a direct call has to pass; nothing: it may be made.
  // `spec` outlives the call.
  net::Awaitable<std::optional<ErrorResponse>> AskForDirectCall(const ModelSpec* spec);
  // A question that has to be answered before a call: to a rule of the gateway, or to a limit that
  // reserves, for more.
  struct CallAsk {
    LimitAsk ask;  // views what spending_ owns, until another limit is passed
    SpendLimits::Entry* rule = nullptr;
    std::optional<TopUp> top_up;
  };
  // What was not asked yet for a call; empty: it may be made.
  std::vector<CallAsk> OpenAsks(const CallStep& step);
  // Takes an answer over. A refusal is a failed attempt that no other would mend; the step that
  // comes of it.
  std::optional<Step> NoteCallVerdict(const CallStep& step, const CallAsk& asked,
                                      LimitVerdict* verdict);
  Step RefuseCall(const CallStep& step, const GatewayRefusal& refusal);
  // The most that a call of the model may cost; its claim on what is held, once it begins.
  uint64_t BoundOf(const ModelSpec& spec, int64_t unix_nanoseconds);
  void BeginCall(ModelCall* call);
  std::string_view SlugOf(const ModelSpec& spec) const;
  std::vector<SpendLimits::Entry*> RulesOf(const ModelSpec& spec);
  bool IsRefusedByGateway() const {
    return limits_ != nullptr && limits_->refused_for_ms().has_value();
  }
  Spending& spending();
  void PrepareCall(const CallStep& step, std::unique_ptr<ModelCall>* call) const;
  // What an attempt means for the flow, which waits at its step.
  Step Settle(const CallStep& step, std::unique_ptr<ModelCall> call, HealthVerdict verdict,
              net::TimePoint begin, AttemptResult result, std::string_view kind);
  Step Skip(const CallStep& step, ModelCall* call);
  // Tells log and health of an attempt that the flow does not wait for.
  void NoteEnd(const AttemptRace::Runner& runner, ModelCall* call, HealthVerdict verdict,
               std::string_view kind);
  size_t NoteAttempt(std::string_view element, const ModelCall& call, const AttemptResult& result,
                     net::TimePoint begin, std::string_view kind);
  Step AnswerDraw(const DrawStep& step);
  LimitAsk AskOf(const LimitStep& step);
  // The part of it that lives as long as the run: without key and estimate.
  LimitAsk NameOf(const LimitStep& step) const;
  // Whether the request has passed a limit already, on a path that was given up or gone on from: it
  // takes nothing again (R16).
  bool HasPassed(const LimitStep& step) const;
  LimitAnswer PassAgain(const LimitStep& step);
  // Takes a verdict over, and returns it for the execution.
  LimitAnswer NoteVerdict(const LimitStep& step, const LimitAsk& asked, LimitVerdict* verdict);
  // Charges what an answer used to the cost limits passed (R16), once.
  void Charge(FlowAnswer* answer);
  // The same of an attempt that failed, or was given up, where the provider told its usage or sent
  // something of an answer.
  void ChargeFailed(ModelCall* call, const AttemptResult& result);
  FlowResult Finish(const FinishStep& step);
  std::string_view ElementOf(const ModelSpec& spec) const;
  const StreamContinuation* continued() const { return broken_.has_value() ? &*broken_ : nullptr; }

  Worker* worker_;
  const CallerRequest* caller_;
  RequestLog* log_;
  FlowRequest request_;
  DecisionRecord* record_ = nullptr;
  uint64_t version_ = 0;
  std::shared_ptr<const Program> program_;
  std::optional<Execution> execution_;
  net::TimePoint deadline_ = net::TimePoint::max();
  std::optional<PriceSet> custom_cost_;
  RequestLimits* limits_ = nullptr;
  const Metadata* metadata_ = nullptr;
  std::optional<Spending> spending_;  // once a cost limit was asked, or there are rules
  absl::InlinedVector<uint32_t, 4> passed_limits_;  // of the program's
  std::optional<CallSize> size_;  // of the request, once a limit that reserves was asked

  std::vector<std::unique_ptr<AttemptRace>> races_;  // outlive the answers that came from them
  std::optional<StreamContinuation> broken_;         // what the answer goes on from
  std::unique_ptr<ModelCall> call_;                  // of the current model element
  uint32_t call_ordinal_ = 0;
  FlowAnswer answer_;
  std::optional<Failure> failure_;  // the last one
};

}  // namespace junctor::engine
