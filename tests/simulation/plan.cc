#include "tests/simulation/plan.h"

#include <array>
#include <string>

#include "tests/simulation/random.h"
#include "tests/simulation/route_texts.h"

namespace junctor::simulation {
namespace {

// Some day; not at the edge of a window.
constexpr Time kBegin = Time{1'780'000'000} * kSecond + 123'456'789;

NetworkFaults DrawNetwork(Random* random) {
  NetworkFaults faults;
  faults.delay_most = random->Between(kMillisecond, 20 * kMillisecond);
  if (random->Percent(50)) return faults;
  faults.drop_percent = random->Below(8);
  faults.duplicate_percent = random->Below(8);
  faults.slow_percent = random->Below(10);
  faults.slow_most = random->Between(10 * kMillisecond, 400 * kMillisecond);
  return faults;
}

ProviderFaults DrawProviders(Random* random) {
  ProviderFaults faults;
  faults.fail_percent = random->Below(50);
  faults.slow_percent = random->Below(30);
  faults.break_percent = random->Below(30);
  faults.silent_percent = random->Below(40);
  faults.failed_usage_percent = random->Below(40);
  faults.exceeds_max_tokens = random->Percent(10);
  return faults;
}

engine::GatewayView DrawGateway(Random* random) {
  engine::GatewayView gateway;
  gateway.id = "gw";
  if (random->Percent(25)) {
    gateway.rate_limit.limit = 5 + random->Below(300);
    gateway.rate_limit.interval_seconds = static_cast<uint32_t>(1 + random->Below(10));
    if (random->Percent(50)) gateway.rate_limit.technique = WindowTechnique::kSliding;
  }
  const size_t rules = random->Percent(40) ? 1 + random->Below(2) : 0;
  for (size_t i = 0; i < rules; ++i) {
    engine::SpendRule& rule = gateway.spend_rules.emplace_back();
    rule.id = "rule-" + std::to_string(i);
    rule.limit_nano_dollars = (1 + random->Below(500)) * 1'000'000;
    rule.window_seconds = static_cast<uint32_t>(1 + random->Below(15));
    if (random->Percent(50)) rule.technique = WindowTechnique::kSliding;
    if (random->Percent(40)) rule.models.emplace_back(kSimModels[random->Below(4)].model);
    if (random->Percent(50)) rule.partition_by.emplace_back("user");
  }
  return gateway;
}

void AddCallers(size_t count, Plan* plan, Random* random) {
  for (; count > 0; --count) {
    const size_t number = plan->callers.size();
    plan->callers.push_back(R"({"user":"u)" + std::to_string(number) + R"(","team":)" +
                            std::to_string(number % 2) + R"(,"plan":")" +
                            (random->Percent(50) ? "free" : "paid") + R"("})");
  }
}

// More keys than a store has room for.
void Flood(Plan* plan, Random* random) {
  constexpr size_t kCallers = 80;
  plan->max_windows = 64 * (1 + random->Below(2));
  AddCallers(kCallers, plan, random);
  for (RequestPlan& request : plan->requests) request.caller = random->Below(plan->callers.size());
}

RequestPlan DrawRequest(uint64_t number, Time arrival, const Plan& plan, Random* random) {
  RequestPlan request;
  request.number = number;
  request.arrival = arrival;
  request.seed = Random::SeedOf(plan.seed, 1'000'000 + number);
  request.gateway = random->Below(plan.gateways);
  request.caller = random->Below(plan.callers.size());
  request.route = random->Below(plan.routes.size());
  request.body_bytes = 50 + random->Below(2000);
  if (random->Percent(95)) request.max_tokens = 1 + random->Below(800);
  if (random->Percent(15)) request.leaves_after = random->Between(0, 3 * kSecond);
  return request;
}

FaultPlan DrawFault(FaultPlan::Kind kind, size_t number, Time length, const Plan& plan,
                    Random* random) {
  FaultPlan fault;
  fault.kind = kind;
  fault.at = plan.begin + random->Between(0, length);
  const bool has_length =
      kind == FaultPlan::Kind::kStoreAway || kind == FaultPlan::Kind::kStoreClock;
  fault.length = has_length ? random->Between(50 * kMillisecond, 6 * kSecond) : 0;
  fault.gateway = random->Below(plan.gateways);
  fault.route = random->Below(plan.routes.size());
  fault.revision = random->Below(plan.routes[fault.route].size());
  fault.seed = Random::SeedOf(plan.seed, 500'000 + number);
  return fault;
}

}  // namespace

Plan MakePlan(uint64_t seed, size_t requests) {
  Random random(Random::SeedOf(seed, 0));
  Plan plan;
  plan.seed = seed;
  plan.begin = kBegin + random.Between(0, 100 * kSecond);
  plan.is_shared = random.Percent(50);
  plan.gateways = 1 + random.Below(3);
  plan.network = DrawNetwork(&random);
  plan.providers = DrawProviders(&random);
  constexpr std::array kLeases = {3 * kSecond, 10 * kSecond, 60 * kSecond};
  plan.hold_lease = kLeases[random.Below(kLeases.size())];
  const size_t routes = 1 + random.Below(2);
  for (size_t i = 0; i < routes; ++i) {
    plan.routes.push_back(MakeRoute("route-" + std::to_string(i), 1 + random.Below(3), &random));
  }
  const size_t callers = 1 + random.Below(8);
  AddCallers(callers, &plan, &random);
  plan.gateway = DrawGateway(&random);

  const Time gap = random.Between(kMillisecond, 40 * kMillisecond);
  Time arrival = plan.begin;
  for (uint64_t number = 0; number < requests; ++number) {
    // Now and then many at once.
    if (!random.Percent(20)) arrival += random.Between(0, 2 * gap);
    plan.requests.push_back(DrawRequest(number, arrival, plan, &random));
  }
  const Time length = arrival - plan.begin;
  const auto add = [&](FaultPlan::Kind kind, uint64_t most) {
    for (uint64_t left = random.Below(most + 1); left > 0; --left) {
      plan.faults.push_back(DrawFault(kind, plan.faults.size(), length, plan, &random));
    }
  };
  add(FaultPlan::Kind::kDeploy, 4);
  add(FaultPlan::Kind::kCrash, 3);
  if (plan.is_shared) {
    add(FaultPlan::Kind::kStoreAway, 2);
    add(FaultPlan::Kind::kStoreRestart, 2);
  }
  add(FaultPlan::Kind::kReset, 2);
  add(FaultPlan::Kind::kGrant, 2);
  if (!plan.is_shared && random.Percent(15)) Flood(&plan, &random);
  if (plan.is_shared) add(FaultPlan::Kind::kStoreClock, 1);
  return plan;
}

}  // namespace junctor::simulation
