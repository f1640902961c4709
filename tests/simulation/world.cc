#include "tests/simulation/world.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "compiler/compile.h"
#include "runtime/request/metadata.h"
#include "tests/simulation/checked_store.h"
#include "tests/simulation/gateway.h"
#include "tests/simulation/network.h"
#include "tests/simulation/random.h"
#include "tests/simulation/request_run.h"
#include "tests/simulation/shared_limits.h"
#include "tests/simulation/store_server.h"

namespace junctor::simulation {
namespace {

// The journal of a gateway's own limits: engine/store/limit_journal promises less than 100 ms.
constexpr Durability kJournal = {50 * kMillisecond, 20 * kMillisecond};
// A shared store that writes its log once a second.
constexpr Durability kServerLog = {kSecond, 100 * kMillisecond};

// After the last request, leases end and the shared store hears everything.
constexpr Time kDrain = 30 * kSecond;
// How far the clocks of gateways are apart.
constexpr Time kMaxSkew = 40 * kMillisecond;

class World {
 public:
  World(const Plan& plan, const RunOptions& options);
  ~World();
  RunResult Run();

 private:
  void Compile();
  void BeginGateway(size_t number);
  void Schedule();
  void ScheduleCommit(CheckedStore* store, const Durability& durability, Random* random);
  void ScheduleServerCommit();
  void Arrive(const RequestPlan& request);
  void Do(const FaultPlan& fault);
  void Deploy(const FaultPlan& fault);
  void Crash(size_t gateway, uint64_t seed);
  void CrashNow(size_t gateway);
  void AuditAll();
  void CheckBooks();

  const Plan& plan_;
  Context context_;
  const uint64_t asks_per_audit_;
  Time end_ = 0;
  Random random_;
  Network network_;
  std::vector<std::vector<std::shared_ptr<const Program>>> programs_;
  std::vector<std::vector<size_t>> revisions_;  // by gateway and route: deployed
  std::vector<Metadata> callers_;
  std::vector<std::unique_ptr<CheckedStore>> stores_;
  std::vector<std::unique_ptr<Random>> commit_random_;
  std::unique_ptr<StoreServer> server_;
  std::vector<std::unique_ptr<Gateway>> gateways_;
  std::vector<std::shared_ptr<SharedLimits>> clients_;  // every process that there was
  Runs runs_;
  uint64_t processes_ = 0;
};

World::World(const Plan& plan, const RunOptions& options)
    : plan_(plan),
      context_(plan.begin, options.prints),
      asks_per_audit_(options.asks_per_audit),
      random_(Random::SeedOf(plan.seed, 1)),
      network_(&context_, plan.network) {
  context_.broken = options.broken;
  end_ = plan.begin;
  uint64_t most = 0;
  for (const RequestPlan& request : plan.requests) {
    end_ = std::max(end_, request.arrival);
    most = std::max(most, request.number + 1);
  }
  for (const FaultPlan& fault : plan.faults) end_ = std::max(end_, fault.at + fault.length);
  end_ += kDrain + plan.hold_lease;
  runs_.resize(most);
  for (const std::string& caller : plan.callers) callers_.push_back(*Metadata::Parse(caller));
  Compile();
  if (plan.is_shared) {
    CheckedStore::Options of_server;
    of_server.number = 100;
    of_server.hash_seed = Random::SeedOf(plan.seed, 2);
    of_server.durability = kServerLog;
    server_ = std::make_unique<StoreServer>(&context_, of_server);
  }
  for (size_t i = 0; i < plan.gateways; ++i) {
    const Time skew = random_.Between(-kMaxSkew, kMaxSkew);
    CheckedStore* store = nullptr;
    if (!plan.is_shared) {
      CheckedStore::Options own;
      own.number = i;
      own.hash_seed = Random::SeedOf(plan.seed, 10 + i);
      own.skew = skew;
      own.durability = kJournal;
      own.max_windows = plan.max_windows;
      store = stores_.emplace_back(std::make_unique<CheckedStore>(&context_, own)).get();
    }
    gateways_.push_back(std::make_unique<Gateway>(&context_, i, skew, store));
    revisions_.emplace_back(programs_.size(), 0);
    BeginGateway(i);
  }
}

World::~World() {
  for (const std::unique_ptr<Gateway>& gateway : gateways_) {
    if (gateway->is_up()) gateway->Kill();
  }
  runs_.clear();
}

void World::Compile() {
  for (const std::vector<std::string>& texts : plan_.routes) {
    std::vector<std::shared_ptr<const Program>>& programs = programs_.emplace_back();
    for (const std::string& text : texts) {
      compiler::CompileOptions options;
      options.cost_limits_act = true;
      const compiler::CompileResult result = compiler::Compile("simulated", text, options);
      if (!result.ok()) {
        std::string what = "a route does not compile:";
        for (const compiler::Diagnostic& one : result.diagnostics) what += " " + one.message;
        context_.Fail(what + "\n" + text);
      }
      programs.push_back(result.program);
    }
  }
}

void World::BeginGateway(size_t number) {
  Gateway& gateway = *gateways_[number];
  std::shared_ptr<SharedLimits> shared;
  if (plan_.is_shared) {
    SharedLimits::Options options;
    options.process = ++processes_;
    options.seed = Random::SeedOf(plan_.seed, 100 + options.process);
    options.local.number = options.process;
    options.local.hash_seed = Random::SeedOf(plan_.seed, 10'000 + options.process);
    options.local.keeps_account = false;
    shared = std::make_shared<SharedLimits>(&context_, &network_, server_.get(), options);
    shared->Start();
    clients_.push_back(shared);
  }
  gateway.Begin(shared);
  for (size_t route = 0; route < programs_.size(); ++route) {
    const size_t revision = revisions_[number][route];
    const std::shared_ptr<const Program>& program = programs_[route][revision];
    if (program != nullptr) {
      gateway.Publish(std::string(program->route_name()), route, program, revision);
    }
  }
}

void World::Schedule() {
  for (const RequestPlan& request : plan_.requests) {
    context_.clock.At(request.arrival, request.seed, [this, &request] { Arrive(request); });
  }
  for (const FaultPlan& fault : plan_.faults) {
    context_.clock.At(fault.at, fault.seed, [this, &fault] { Do(fault); });
  }
  for (size_t i = 0; i < stores_.size(); ++i) {
    commit_random_.push_back(std::make_unique<Random>(Random::SeedOf(plan_.seed, 1000 + i)));
    ScheduleCommit(stores_[i].get(), kJournal, commit_random_.back().get());
  }
  if (server_ != nullptr) {
    commit_random_.push_back(std::make_unique<Random>(Random::SeedOf(plan_.seed, 999)));
    ScheduleServerCommit();
  }
}

void World::ScheduleCommit(CheckedStore* store, const Durability& durability, Random* random) {
  context_.clock.At(context_.clock.now() + durability.interval, random->Next(),
                    [this, store, durability, random] {
                      store->BeginCommit();
                      const Time takes = random->Between(kMillisecond, durability.commit_most);
                      context_.clock.At(context_.clock.now() + takes, random->Next(),
                                        [this, store, durability, random] {
                                          store->EndCommit();
                                          ScheduleCommit(store, durability, random);
                                        });
                    });
}

void World::ScheduleServerCommit() {
  Random* const random = commit_random_.back().get();
  context_.clock.At(context_.clock.now() + kServerLog.interval, random->Next(), [this, random] {
    server_->BeginCommit();
    const Time takes = random->Between(kMillisecond, kServerLog.commit_most);
    context_.clock.At(context_.clock.now() + takes, random->Next(), [this] {
      server_->EndCommit();
      ScheduleServerCommit();
    });
  });
}

void World::Arrive(const RequestPlan& request) {
  Gateway& gateway = *gateways_[request.gateway];
  if (!gateway.is_up()) return;
  runs_[request.number] = std::make_unique<RequestRun>(&context_, &plan_, &request,
                                                       &callers_[request.caller], &gateway, &runs_);
  runs_[request.number]->Start();
}

void World::Do(const FaultPlan& fault) {
  switch (fault.kind) {
    case FaultPlan::Kind::kDeploy:
      Deploy(fault);
      break;
    case FaultPlan::Kind::kCrash:
      Crash(fault.gateway, fault.seed);
      break;
    case FaultPlan::Kind::kStoreAway:
      context_.trace.Note(What::kStoreAway);
      network_.SetAway(true);
      context_.clock.At(context_.clock.now() + fault.length, fault.seed, [this] {
        context_.trace.Note(What::kStoreBack);
        network_.SetAway(false);
      });
      break;
    case FaultPlan::Kind::kStoreRestart:
      if (server_ != nullptr) server_->Restart();
      break;
    case FaultPlan::Kind::kStoreClock:
      if (server_ != nullptr) server_->SetClock(fault.seed % 2 == 0 ? fault.length : -fault.length);
      break;
    case FaultPlan::Kind::kReset:
    case FaultPlan::Kind::kGrant: {
      CheckedStore& store =
          server_ != nullptr ? server_->store() : *stores_[fault.gateway % stores_.size()];
      if (store.is_down()) break;
      if (fault.kind == FaultPlan::Kind::kReset) {
        store.ResetSome(fault.seed);
      } else {
        store.GrantSome(fault.seed, 1 + fault.seed % 20);
      }
      break;
    }
  }
  AuditAll();
}

// The gateways take a new revision one after the other.
void World::Deploy(const FaultPlan& fault) {
  Random random(fault.seed);
  for (size_t i = 0; i < gateways_.size(); ++i) {
    const Time at = context_.clock.now() + random.Between(0, 20 * kMillisecond);
    context_.clock.At(at, random.Next(), [this, i, route = fault.route, revision = fault.revision] {
      const std::shared_ptr<const Program>& program = programs_[route][revision];
      if (program == nullptr) return;
      revisions_[i][route] = revision;
      if (gateways_[i]->is_up()) {
        gateways_[i]->Publish(std::string(program->route_name()), route, program, revision);
      }
    });
  }
}

void World::Crash(size_t number, uint64_t seed) {
  if (!gateways_[number]->is_up()) return;
  CrashNow(number);
  Random random(seed);
  context_.clock.At(context_.clock.now() + random.Between(5 * kMillisecond, 500 * kMillisecond),
                    random.Next(), [this, number] {
                      BeginGateway(number);
                      context_.trace.Note(What::kRestart, number,
                                          plan_.is_shared ? 0 : stores_[number]->Restart());
                    });
}

void World::CrashNow(size_t number) {
  Gateway& gateway = *gateways_[number];
  gateway.Kill();
  uint64_t lost = 0;
  for (const RequestPlan& request : plan_.requests) {
    if (request.gateway != number || runs_[request.number] == nullptr) continue;
    runs_[request.number].reset();
    ++lost;
  }
  gateway.Bury();
  if (!plan_.is_shared) stores_[number]->Crash();
  context_.trace.Note(What::kCrash, number, lost);
}

void World::AuditAll() {
  for (size_t i = 0; i < stores_.size(); ++i) {
    if (gateways_[i]->is_up()) stores_[i]->Audit();
  }
  if (server_ != nullptr) server_->store().Audit();
  for (const std::unique_ptr<Gateway>& gateway : gateways_) {
    if (gateway->is_up() && gateway->shared() != nullptr) gateway->shared()->local().Audit();
  }
}

void World::CheckBooks() {
  for (const std::unique_ptr<RequestRun>& run : runs_) {
    if (run != nullptr) context_.Fail("a request has not ended");
  }
  for (const std::unique_ptr<Gateway>& gateway : gateways_) {
    if (gateway->is_up() && gateway->shared() != nullptr && !gateway->shared()->is_settled()) {
      context_.Fail("a gateway has not told the shared store everything");
    }
  }
  for (const std::shared_ptr<SharedLimits>& client : clients_) client->CloseBooks();
  for (uint64_t window = 0; window < context_.accounts.size(); ++window) {
    const Account& account = context_.accounts[window];
    const uint64_t charges =
        account.applied.charges + account.lost.charges + account.rolled_back.charges;
    const uint64_t amount =
        account.applied.amount + account.lost.amount + account.rolled_back.amount;
    // A client may tell the shared store of several charges in one.
    const bool has_all = plan_.is_shared || charges == account.emitted.charges;
    if (has_all && amount == account.emitted.amount) continue;
    context_.Fail("window " + std::to_string(window) + " `" + context_.WindowName(window) +
                  "` was charged " + std::to_string(account.emitted.charges) + " times with " +
                  std::to_string(account.emitted.amount) + ", and has counted " +
                  std::to_string(account.applied.charges) + " with " +
                  std::to_string(account.applied.amount) + "; lost " +
                  std::to_string(account.lost.charges) + ", rolled back " +
                  std::to_string(account.rolled_back.charges));
  }
  // Programs that no gateway serves are freed with their last request.
  std::vector<std::weak_ptr<const Program>> all;
  for (size_t route = 0; route < programs_.size(); ++route) {
    for (size_t revision = 0; revision < programs_[route].size(); ++revision) {
      const bool is_live =
          std::any_of(revisions_.begin(), revisions_.end(),
                      [&](const auto& of_gateway) { return of_gateway[route] == revision; });
      if (!is_live) all.emplace_back(programs_[route][revision]);
    }
  }
  for (size_t route = 0; route < programs_.size() && !gateways_.empty(); ++route) {
    // A reader lets go of what was replaced when it looks.
    for (const std::unique_ptr<Gateway>& gateway : gateways_) {
      if (gateway->is_up()) gateway->Live(route);
    }
  }
  programs_.clear();
  for (const std::weak_ptr<const Program>& program : all) {
    if (!program.expired()) context_.Fail("a replaced program is kept after its last request");
  }
}

RunResult World::Run() {
  if (!context_.failure.has_value()) Schedule();
  uint64_t next_audit = asks_per_audit_;
  while (!context_.failure.has_value() && context_.clock.now() < end_) {
    if (!context_.clock.RunNext()) break;
    if (context_.asks < next_audit) continue;
    next_audit = context_.asks + asks_per_audit_;
    AuditAll();
  }
  if (!context_.failure.has_value()) {
    AuditAll();
    CheckBooks();
  }
  return {context_.failure, context_.clock.now(), context_.trace.hash(), context_.clock.events(),
          context_.asks,    context_.checks,      context_.beyond_holds};
}

}  // namespace

RunResult RunPlan(const Plan& plan, const RunOptions& options) {
  return World(plan, options).Run();
}

}  // namespace junctor::simulation
