// The control plane with many routes and versions, in a SQLite file:
//   many_routes_bench [ROUTES VERSIONS [FOLDER]]
// How long a start takes that puts all of them live, what a deployment costs then, and what an idle
// route takes in memory. FOLDER (default: a temporary one) keeps the database for another run.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/config/config.h"
#include "engine/control/control_plane.h"
#include "engine/control/gateway_settings.h"
#include "engine/control/route_operations.h"
#include "engine/control/route_text.h"
#include "engine/observe/log.h"
#include "engine/store/control_store.h"
#include "runtime/program/program_file.h"
#include "runtime/registry/registry.h"

namespace junctor::engine {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

void Check(const absl::Status& status) {
  if (!status.ok()) Fail(status.ToString());
}

// A route as the product's documents show them: a condition, a rate limit, two models.
std::string Elements(int64_t route, int64_t version) {
  const std::string plan = "plan-" + std::to_string(route);
  return R"([{"id":"start","type":"start","outputs":{"next":{"elementId":"plan"}}},
{"id":"plan","type":"conditional","properties":{"conditions":{"metadata.plan":{"$in":[")" +
         plan +
         R"(","team"]}}},"outputs":{"true":{"elementId":"limit"},"false":{"elementId":"small"}}},
{"id":"limit","type":"rate","properties":{"limitType":"count","key":"metadata.user_id","limit":)" +
         std::to_string(version + 10) +
         R"(,"window":60},"outputs":{"success":{"elementId":"large"},"fallback":{"elementId":"small"}}},
{"id":"large","type":"model","properties":{"provider":"openai","model":"gpt-4o","timeout":10000,"retries":2},"outputs":{"success":{"elementId":"end"},"fallback":{"elementId":"small"}}},
{"id":"small","type":"model","properties":{"provider":"openai","model":"gpt-4o-mini","timeout":5000,"retries":1},"outputs":{"success":{"elementId":"end"}}},
{"id":"end","type":"end","outputs":{}}])";
}

// Fills an empty database, many routes a transaction: this is not what is measured.
void Fill(ControlStore& store, const Config& config, int64_t routes, int64_t versions) {
  const compiler::CompileOptions options = StoredRouteOptions(config, nullptr);
  constexpr int64_t kRoutesAtOnce = 200;
  for (int64_t begin = 0; begin < routes; begin += kRoutesAtOnce) {
    Check(store.Change([&](ControlTransaction& transaction) {
      absl::Status status;
      for (int64_t i = begin; i < std::min(routes, begin + kRoutesAtOnce) && status.ok(); ++i) {
        RouteRow route;
        route.id = NewUuid();
        route.gateway_id = "bench";
        route.name = "route-" + std::to_string(i);
        route.live_version_id = NewUuid();
        status = transaction.InsertRoute(route);
        const int64_t of_route = versions / routes;
        for (int64_t number = 1; number <= of_route && status.ok(); ++number) {
          VersionRow version;
          version.id = number == of_route ? route.live_version_id : NewUuid();
          version.route_id = route.id;
          version.number = number;
          version.elements = Elements(i, number);
          version.source_hash = SourceHash(SourceOf(version));
          const auto compiled = CompileElements(route.name, SourceOf(version), options);
          if (!compiled.ok()) Fail("the route does not compile");
          version.program = EncodeProgram(*compiled.program);
          version.program_format = kProgramFormat;
          status = transaction.InsertVersion(version);
        }
        DeploymentRow deployment;
        deployment.id = NewUuid();
        deployment.route_id = route.id;
        deployment.version_id = route.live_version_id;
        if (status.ok()) status = transaction.InsertDeployment(deployment);
      }
      return status;
    }));
  }
}

size_t HeapBytes() { return mallinfo2().uordblks; }

int Run(const std::filesystem::path& folder, int64_t routes, int64_t versions) {
  std::filesystem::create_directories(folder);
  auto config = DefaultConfig(folder, [](const std::string&) { return std::nullopt; });
  if (!config.ok()) Fail(config.status().ToString());
  auto log = Log::Open(LogLevel::kWarn, (folder / "log").string());
  if (!log.ok()) Fail(log.status().ToString());
  ControlStoreOptions options;
  options.sqlite_file = (folder / "junctor.db").string();
  const bool fresh = !std::filesystem::exists(options.sqlite_file);
  if (fresh) {
    const Clock::time_point begin = Clock::now();
    auto store = ControlStore::Open(options);
    if (!store.ok()) Fail(store.status().ToString());
    Check((*store)->Change([](ControlTransaction& transaction) {
      GatewayRow gateway;
      gateway.id = "bench";
      gateway.settings = GatewaySettings::ForDefaultGateway(false).Text();
      return transaction.InsertGateway(gateway);
    }));
    Fill(**store, *config, routes, versions);
    std::printf("filled with %ld routes and %ld versions in %.0f ms\n", static_cast<long>(routes),
                static_cast<long>(versions), MillisecondsSince(begin));
  }

  const Clock::time_point opened = Clock::now();
  auto store = ControlStore::Open(options);
  if (!store.ok()) Fail(store.status().ToString());
  Registry registry;
  Live<Directory> directory(std::make_shared<const Directory>());
  ControlParts parts;
  parts.config = &*config;
  parts.store = store->get();
  parts.registry = &registry;
  parts.directory = &directory;
  parts.log = log->get();
  parts.now_unix_ms = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  ControlPlane control(std::move(parts));
  malloc_trim(0);
  const size_t before = HeapBytes();
  const auto started = control.Start();
  if (!started.ok()) Fail(started.status().ToString());
  const size_t serving = registry.Snapshot()->size();
  std::printf("start: %.0f ms until %zu routes serve\n", MillisecondsSince(opened), serving);
  malloc_trim(0);
  std::printf("memory: %.2f KiB a route\n",
              static_cast<double>(HeapBytes() - before) / 1024 / static_cast<double>(serving));

  const Actor actor{"bench", "bench", "", "system"};
  constexpr int kDeployments = 200;
  std::vector<double> saves;
  std::vector<double> deployments;
  for (int i = 0; i < kDeployments; ++i) {
    const int64_t route = (i * int64_t{7919}) % routes;
    const std::string name = "route-" + std::to_string(route);
    Clock::time_point begin = Clock::now();
    const auto version =
        CreateVersion(control, actor, "bench", name, {Elements(route, 1000 + i), ""});
    if (!version.ok()) Fail(version.errors().errors.front().message);
    saves.push_back(MillisecondsSince(begin));
    DeploymentOrder order;
    order.version_id = version->version.id;
    begin = Clock::now();
    const auto made = CreateDeployment(control, actor, "bench", name, order);
    if (!made.ok()) Fail(made.errors().errors.front().message);
    deployments.push_back(MillisecondsSince(begin));
  }
  for (auto [what, times] : {std::pair{"save a version", &saves}, {"deploy it", &deployments}}) {
    std::sort(times->begin(), times->end());
    std::printf("%s: median %.2f ms, 99th percentile %.2f ms, longest %.2f ms\n", what,
                (*times)[times->size() / 2], (*times)[times->size() * 99 / 100], times->back());
  }
  return 0;
}

}  // namespace
}  // namespace junctor::engine

int main(int argc, char** argv) {
  const int64_t routes = argc > 2 ? std::atoll(argv[1]) : 10'000;
  const int64_t versions = argc > 2 ? std::atoll(argv[2]) : 100'000;
  if (argc == 2 || routes < 1 || versions < routes) {
    std::fprintf(stderr, "usage: many_routes_bench [ROUTES VERSIONS [FOLDER]]\n");
    return 2;
  }
  const bool temporary = argc < 4;
  const std::filesystem::path folder = temporary
                                           ? std::filesystem::temp_directory_path() /
                                                 ("junctor_many_routes_" + std::to_string(getpid()))
                                           : std::filesystem::path(argv[3]);
  const int code = junctor::engine::Run(folder, routes, versions);
  if (temporary) std::filesystem::remove_all(folder);
  return code;
}
