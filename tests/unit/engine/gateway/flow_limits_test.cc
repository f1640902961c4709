// How a run asks its limits: each question once, whichever of them the backend can answer at once.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "compiler/compile.h"
#include "engine/gateway/flow_run.h"
#include "engine/limits/limit_store.h"
#include "engine/prices/price_table.h"

namespace junctor::engine {
namespace {

// A store that can't answer its `deaf_at`-th question at once, and none after it until it was asked
// in a batch, as one that has gone away and come back.
class HesitantBackend final : public LimitBackend {
 public:
  explicit HesitantBackend(int deaf_at) : deaf_at_(deaf_at) {}

  bool Ask(const LimitAsk& ask, int64_t unix_nanoseconds, LimitVerdict* verdict) override {
    if (++questions_ == deaf_at_) return false;
    ++answered_[std::string(ask.name.element)];
    return store_.Ask(ask, unix_nanoseconds, verdict);
  }
  void Begin(std::shared_ptr<LimitBatch> batch) override {
    for (size_t i = 0; i < batch->size(); ++i) {
      ++answered_[std::string(batch->ask(i).name.element)];
    }
    store_.Begin(std::move(batch));
  }
  void Charge(const LimitTicket& ticket, uint64_t nano_dollars, int64_t now) override {
    store_.Charge(ticket, nano_dollars, now);
  }
  void Settle(LimitTicket* ticket, int64_t now) override { store_.Settle(ticket, now); }
  absl::StatusOr<LimitSnapshot> Look(std::string_view gateway, std::string_view route,
                                     size_t max_rows, int64_t now) override {
    return store_.Look(gateway, route, max_rows, now);
  }
  absl::StatusOr<bool> ResetKey(const LimitName& name, std::string_view key) override {
    return store_.ResetKey(name, key);
  }
  absl::StatusOr<bool> GrantKey(const LimitName& name, std::string_view key, uint64_t amount,
                                int64_t now) override {
    return store_.GrantKey(name, key, amount, now);
  }

  const std::map<std::string, int>& answered() const { return answered_; }

 private:
  const int deaf_at_;
  int questions_ = 0;
  std::map<std::string, int> answered_;
  LimitStore store_;
};

SpendRule RuleNamed(const char* id) {
  SpendRule rule;
  rule.id = id;
  rule.limit_nano_dollars = 1'000'000'000;
  rule.window_seconds = 3600;
  return rule;
}

net::Awaitable<void> RunOnce(Worker* worker, const CallerRequest* caller, RequestLog* log,
                             RequestLimits* limits, std::shared_ptr<const Program> program) {
  {
    FlowRun run(worker, caller, log);
    run.SetLimits(limits, nullptr);
    const FlowResult result = co_await run.RunRoute(std::move(program), 1, nullptr);
    EXPECT_TRUE(result.error.has_value()) << "there is no such provider";
  }
  worker->loop->Stop();
}

TEST(FlowLimits, EachQuestionIsAnsweredOnceWhicheverCannotBeAnsweredAtOnce) {
  const auto compiled = compiler::Compile(
      "route",
      R"({"name":"r","elements":[{"id":"start","type":"start","outputs":{"next":{"elementId":"cap"}}},
      {"id":"cap","type":"rate","properties":{"limitType":"cost","limit":100,"window":60,"reserve":true},
       "outputs":{"success":{"elementId":"m"}}},
      {"id":"m","type":"model","properties":{"provider":"nobody","model":"x"},
       "outputs":{"success":{"elementId":"end"}}},
      {"id":"end","type":"end"}]})",
      {});
  ASSERT_TRUE(compiled.ok());
  for (int deaf_at = 0; deaf_at <= 5; ++deaf_at) {
    HesitantBackend backend(deaf_at);
    const Config config;
    Registry registry;
    TargetHealth health;
    const std::unique_ptr<Log> sink = *Log::Open(LogLevel::kOff, "-");
    Shared shared;
    shared.config = &config;
    shared.registry = &registry;
    shared.limits = &backend;
    shared.health = &health;
    shared.prices.table = &PriceTable::BuiltIn();
    shared.log = sink.get();
    net::EventLoop loop;
    Worker worker(&shared, &loop);
    GatewayView view;
    view.id = "g";
    view.spend_rules = {RuleNamed("one"), RuleNamed("two"), RuleNamed("three")};
    GatewayScope scope;
    scope.id = "g";
    scope.view = &view;
    std::string body = R"({"model":"dynamic/r","messages":[]})";
    const size_t size = body.size();
    body.append(kBodyPadding, ' ');
    BodyIndex index;
    ASSERT_TRUE(worker.scanner.Scan(std::string_view(body).substr(0, size), &index).ok());
    const net::HeaderList headers;
    net::CancelSignal gone;
    CallerRequest caller;
    caller.headers = &headers;
    caller.gone = &gone;
    caller.body = std::string_view(body).substr(0, size);
    caller.index = &index;
    caller.scope = &scope;
    RequestLog log(&worker.random, "POST", "/", "");
    RequestLimits limits(&backend, &loop, &scope, &log);
    loop.Spawn(RunOnce(&worker, &caller, &log, &limits, compiled.program));
    loop.Run();
    const std::map<std::string, int> once = {
        {"cap", 1}, {"spend:one", 1}, {"spend:two", 1}, {"spend:three", 1}};
    EXPECT_EQ(backend.answered(), once) << "question " << deaf_at << " can't be answered at once";
  }
}

}  // namespace
}  // namespace junctor::engine
