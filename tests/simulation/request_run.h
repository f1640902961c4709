// One request on its way through a gateway: the interpreter's steps are done against the virtual
// world, in the order in which engine/gateway/flow_run does them against the real one.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/gateway/spending.h"
#include "engine/limits/limit_backend.h"
#include "runtime/interp/execution.h"
#include "runtime/request/metadata.h"
#include "runtime/request/request.h"
#include "tests/simulation/context.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/provider.h"
#include "tests/simulation/random.h"
#include "tests/simulation/task.h"

namespace junctor::simulation {

class RequestRun;

// The program that a route has at a gateway.
struct LiveRoute {
  std::shared_ptr<const Program> program;
  size_t revision = 0;
};

// The gateway that a request came to, as the request sees it.
class RequestHost {
 public:
  virtual ~RequestHost() = default;
  virtual engine::LimitBackend* backend() = 0;
  virtual LiveRoute Live(size_t route) = 0;
  // The gateway's clock.
  virtual Time now() const = 0;
};

// The requests that are on their way, by number; null: ended.
using Runs = std::vector<std::unique_ptr<RequestRun>>;

class RequestRun {
 public:
  // All outlive it. `metadata` may be null.
  RequestRun(Context* context, const Plan* plan, const RequestPlan* request,
             const Metadata* metadata, RequestHost* host, Runs* runs);
  // In the middle of a request: its gateway has crashed.
  ~RequestRun();

  // Runs until the request waits. Ended: `*runs` does not have it any more.
  void Start();

 private:
  static constexpr std::string_view kGateway = "gw";

  struct Answer {
    bool is_there = false;
    const ModelSpec* spec = nullptr;
    Attempt attempt;
    Time sent = 0;
    size_t record = 0;
    bool is_charged = false;
    bool was_hedged = false;
    engine::CallClaim claim;
    std::optional<Execution::Checkpoint> mark;
  };
  // An attempt that was made: to be charged once or never.
  struct Record {
    bool expects_charge = false;
    uint64_t charges = 0;
  };
  struct Rule {
    uint64_t window;
    const engine::SpendRule* rule;
  };
  // How an attempt ended.
  struct Result {
    Attempt attempt;
    Time sent = 0;
    bool answered = false;
    bool cancelled = false;
    engine::CallClaim claim;
  };

  // Waits. False: the caller has left meanwhile.
  struct Sleep {
    RequestRun* run;
    Time until;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle);
    bool await_resume() const noexcept;
  };
  struct AskBatch {
    RequestRun* run;
    std::shared_ptr<engine::LimitBatch> batch;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle);
    void await_resume() const noexcept {}
  };
  Sleep SleepUntil(Time until) { return {this, until}; }

  void WakeAt(Time time, uint64_t wait);
  static void Wake(Runs* runs, size_t number, uint64_t wait);
  void Go(std::coroutine_handle<> handle);

  Task<bool> Run();
  // Steps until the run ends; false: the caller has left.
  Task<bool> Drive(Step step);
  bool TryAnswerUntilCall(Step* step);
  Task<Step> AnswerUntilCall(Step step);
  Task<Step> AskAhead(Step step);
  Task<std::optional<Step>> CallModel(CallStep step);
  Task<std::optional<Step>> CallHedged(CallStep step, Attempt first);
  Step Settle(const CallStep& step, Result result);
  Step RefuseCall(const CallStep& step);
  // Sends the answer to the caller, to its end.
  Task<bool> SendAnswer();
  Task<bool> GoOn();

  engine::LimitAsk AskOf(const LimitStep& step);
  engine::LimitAsk NameOf(const LimitStep& step) const;
  bool HasPassed(const LimitStep& step) const;
  LimitAnswer NoteVerdict(const LimitStep& step, const engine::LimitAsk& asked,
                          engine::LimitVerdict* verdict);
  struct CallAsk {
    engine::LimitAsk ask;
    engine::SpendLimits::Entry* rule = nullptr;
    std::optional<engine::TopUp> top_up;
  };
  std::vector<CallAsk> OpenAsks(const CallStep& step);
  std::optional<Step> NoteCallVerdict(const CallStep& step, const CallAsk& asked,
                                      engine::LimitVerdict* verdict);
  uint64_t BoundOf(const ModelSpec& spec) const;
  // An attempt begins.
  void Begin(const ModelSpec& spec, engine::CallClaim* claim);
  engine::LimitAsk RateAsk() const;
  Attempt Draw(const ModelSpec& spec);
  // When the attempt has its first token, or has failed.
  Time FirstOf(const ModelSpec& spec, const Attempt& attempt, Time sent) const;
  void Charge(Answer* answer);
  void ChargeFailed(const ModelSpec& spec, Result* result);
  void ChargeOnce(const ModelSpec& spec, engine::CallClaim* claim,
                  const std::optional<engine::Usage>& usage, uint64_t answer_bytes, size_t record);
  void CheckCharged(const ModelSpec& spec, const engine::CallClaim& claim, uint64_t cost);
  void AnswerCaller(uint64_t kind);
  void Finish();

  bool has_left() const { return context_->clock.now() >= leaves_at_; }
  // The time that limits are asked with.
  Time ask_time() const;
  const ModelSpec& SpecOf(const CallStep& step) const {
    return program_->parts().models[step.model];
  }

  Context* const context_;
  const Plan* const plan_;
  const RequestPlan* const request_plan_;
  RequestHost* const host_;
  Runs* const runs_;
  const Time arrived_;
  Time leaves_at_ = INT64_MAX;
  Random random_;
  Request request_;
  engine::PriceBook prices_;
  LimitSpec rate_;
  std::shared_ptr<const Program> program_;
  size_t revision_ = 0;
  std::optional<Execution> execution_;
  std::optional<engine::Spending> spending_;
  std::vector<uint32_t> passed_limits_;  // of the program's
  bool rate_is_open_ = false;
  bool is_rate_refused_ = false;
  Time deadline_ = INT64_MAX;
  Step last_step_;
  Answer answer_;
  std::optional<ErrorClass> failure_;
  std::vector<Record> records_;
  std::vector<uint64_t> passed_;  // windows of the route's cost limits, in the order of passing
  std::vector<Rule> rules_;       // of the gateway that admitted
  uint64_t answers_ = 0;
  bool has_crashed_ = true;  // until it ends

  std::coroutine_handle<> waiting_;
  uint64_t wait_ = 0;
  std::optional<Task<bool>> task_;  // the last member: destroyed first
};

}  // namespace junctor::simulation
