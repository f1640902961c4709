// What reading and changing the control plane's memory costs when there is much of it.
//
//   store_bench
//
// One SQLite file with 10,000 routes, each with 10 versions of 1 KiB of elements and 1 KiB of
// program. read_all is what a start reads (ForEachServingRoute); read_one what an instance reads
// after a deployment; deploy a deployment as it is committed, with fsync; fill how long the file
// took to make, in one transaction. PostgreSQL takes its place where
// JUNCTOR_BENCH_POSTGRESQL holds the URL of an empty database.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/store/control_store.h"

namespace junctor::engine {
namespace {

constexpr int kVersions = 10;
constexpr size_t kTextBytes = 1024;

// JUNCTOR_BENCH_ROUTES: fewer of them, to see whether it still runs.
int Routes() {
  static const char* const asked = std::getenv("JUNCTOR_BENCH_ROUTES");
  static const int routes = asked == nullptr ? 10'000 : std::atoi(asked);
  return routes;
}

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

std::string RouteId(int route) { return "route-" + std::to_string(route); }
std::string VersionId(int route, int version) {
  return RouteId(route) + "-version-" + std::to_string(version);
}

DeploymentRow Live(const std::string& id, int route, int version) {
  DeploymentRow row;
  row.id = id;
  row.route_id = RouteId(route);
  row.version_id = VersionId(route, version);
  return row;
}

absl::Status FillRoute(ControlTransaction& transaction, int route) {
  RouteRow row;
  row.id = RouteId(route);
  row.gateway_id = "g";
  row.name = "name-" + std::to_string(route);
  row.live_version_id = VersionId(route, kVersions);
  absl::Status status = transaction.InsertRoute(row);
  for (int number = 1; number <= kVersions && status.ok(); ++number) {
    VersionRow version;
    version.id = VersionId(route, number);
    version.route_id = row.id;
    version.number = number;
    version.elements = std::string(kTextBytes, 'e');
    version.program = std::string(kTextBytes, '\0');
    status = transaction.InsertVersion(version);
  }
  if (!status.ok()) return status;
  return transaction.InsertDeployment(Live(row.id + "-deployment", route, kVersions));
}

// The store that all benchmarks share, filled once.
class Filled {
 public:
  static Filled& Get() {
    static Filled filled;
    return filled;
  }
  Filled() {
    std::filesystem::create_directories(folder_);
    ControlStoreOptions options;
    options.sqlite_file = folder_ / "junctor.db";
    if (const char* url = std::getenv("JUNCTOR_BENCH_POSTGRESQL")) options.postgresql_url = url;
    auto opened = ControlStore::Open(options);
    Require(opened.status());
    store_ = *std::move(opened);
    const auto begin = std::chrono::steady_clock::now();
    Require(store_->Change([](ControlTransaction& transaction) {
      GatewayRow gateway;
      gateway.id = "g";
      absl::Status status = transaction.InsertGateway(gateway);
      for (int i = 0; i < Routes() && status.ok(); ++i) status = FillRoute(transaction, i);
      return status;
    }));
    fill_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  ~Filled() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Filled(const Filled&) = delete;
  Filled& operator=(const Filled&) = delete;

  ControlStore& store() { return *store_; }
  double fill_seconds() const { return fill_seconds_; }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("junctor_store_bench_" + std::to_string(getpid()));
  std::unique_ptr<ControlStore> store_;
  double fill_seconds_ = 0;
};

void ReadAll(benchmark::State& state) {
  ControlStore& store = Filled::Get().store();
  int64_t routes = 0;
  for ([[maybe_unused]] auto iteration : state) {
    Require(store.Read([&](ControlTransaction& transaction) {
      return transaction.ForEachServingRoute([&](const ServingRoute&) {
        ++routes;
        return true;
      });
    }));
  }
  if (routes != state.iterations() * Routes()) state.SkipWithError("routes are missing");
  state.SetItemsProcessed(routes);
  state.counters["fill_seconds"] = Filled::Get().fill_seconds();
}
BENCHMARK(ReadAll)->Name("read_all")->Unit(benchmark::kMillisecond);

void ReadOne(benchmark::State& state) {
  ControlStore& store = Filled::Get().store();
  int route = 0;
  for ([[maybe_unused]] auto iteration : state) {
    Require(store.Read([&](ControlTransaction& transaction) {
      route = (route + 7919) % Routes();
      return transaction.FindServingRoute(RouteId(route)).status();
    }));
  }
}
BENCHMARK(ReadOne)->Name("read_one")->Unit(benchmark::kMicrosecond);

// What the control plane writes for a deployment.
void Deploy(benchmark::State& state) {
  ControlStore& store = Filled::Get().store();
  static int64_t made = 0;
  for ([[maybe_unused]] auto iteration : state) {
    const int route = static_cast<int>(made % Routes());
    const std::string id = "new-" + std::to_string(++made);
    Require(store.Change([&](ControlTransaction& transaction) -> absl::Status {
      auto acting = transaction.FindActingDeployment(RouteId(route), DeploymentKind::kLive);
      if (!acting.ok()) return acting.status();
      absl::Status status = transaction.EndDeployment((*acting)->id, 1);
      if (status.ok()) status = transaction.InsertDeployment(Live(id, route, 1));
      auto row = transaction.FindRoute("g", RouteId(route));
      if (!row.ok()) return row.status();
      (*row)->live_version_id = VersionId(route, 1);
      if (status.ok()) status = transaction.UpdateRoute(**row);
      AuditRow audit;
      audit.id = id;
      if (status.ok()) status = transaction.InsertAudit(audit);
      return status.ok() ? transaction.NoteChange(ChangeKind::kRoute, RouteId(route)) : status;
    }));
  }
}
BENCHMARK(Deploy)->Name("deploy")->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace junctor::engine
