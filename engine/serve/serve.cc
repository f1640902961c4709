#include "engine/serve/serve.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/directory/directory.h"
#include "engine/directory/live.h"
#include "engine/gateway/data_plane.h"
#include "engine/gateway/worker.h"
#include "engine/net/proxy_settings.h"
#include "engine/net/server.h"
#include "engine/observe/log.h"
#include "engine/observe/log_event.h"
#include "engine/observe/shadow_differences.h"
#include "engine/prices/price_table.h"
#include "engine/serve/background_control.h"
#include "engine/serve/control_service.h"
#include "engine/serve/limit_state.h"
#include "engine/serve/price_file.h"
#include "engine/store/file_reader.h"
#include "engine/store/route_directory.h"
#include "engine/store/route_watcher.h"
#include "runtime/registry/registry.h"

namespace junctor::engine {
namespace {

// The signals that the main thread waits for; blocked in every thread, so that none is interrupted
// by them.
sigset_t ServeSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

std::string ListenText(const ListenAddress& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

// The URL of a listener at `address`. One on every interface is reached under this machine's name.
std::string UrlOf(const std::string& address) {
  for (const std::string_view any : {"0.0.0.0:", "[::]:"}) {
    if (address.starts_with(any)) return "http://localhost:" + address.substr(any.size());
  }
  return "http://" + address;
}

net::HttpServerOptions ServerOptions(const Config& config) {
  net::HttpServerOptions options;
  options.listen = ListenText(config.listen);
  options.threads = config.threads;
  options.max_header_bytes = config.limits.header_bytes;
  options.header_timeout = config.limits.header_timeout;
  options.body_timeout = config.limits.body_timeout;
  options.idle_timeout = config.limits.idle_timeout;
  options.max_connections = config.limits.connections;
  return options;
}

compiler::CompileOptions RouteOptions(const Config& config, const PriceTable* prices) {
  compiler::CompileOptions options;
  options.known_providers = config.ProviderNames();
  options.cost_limits_act = true;
  options.is_priced = [&config, prices](std::string_view provider, std::string_view model) {
    return prices->Find(SlugOf(config.providers, provider), model) != nullptr;
  };
  return options;
}

// Waits for signals until one says stop.
void WaitForStop(const sigset_t& signals, RouteWatcher* watcher, Log* log) {
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) {
      LogEvent(log, LogLevel::kInfo, "stopping")
          .Text("signal", signal == SIGTERM ? "SIGTERM" : "SIGINT");
      return;
    }
    if (absl::Status status = log->Reopen(); !status.ok()) {
      LogEvent(log, LogLevel::kError, "log_not_reopened")
          .Text("error", std::string(status.message()));
    }
    watcher->RequestReload();
  }
}

}  // namespace

absl::Status Serve(const Config& config) {
  const sigset_t signals = ServeSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A peer that closes must be an error of the write, not the end of the process.
  signal(SIGPIPE, SIG_IGN);

  // With a control plane nobody needs files, unless they say so.
  std::error_code directory_error;
  const bool has_files = std::filesystem::is_directory(config.routes, directory_error);
  if (!has_files && (config.routes_are_named || !config.has_control_plane())) {
    return absl::NotFoundError("the routes directory `" + config.routes.string() +
                               "` is not a directory that can be read");
  }
  absl::StatusOr<std::unique_ptr<Log>> log = Log::Open(config.log.level, config.log.file);
  if (!log.ok()) return log.status();
  absl::StatusOr<std::shared_ptr<const net::TlsClientContext>> tls =
      net::TlsClientContext::Create(config.tls_ca_file);
  if (!tls.ok()) return tls.status();

  Registry registry;
  Live<Directory> directory(std::make_shared<const Directory>());
  absl::StatusOr<std::unique_ptr<LimitState>> limits = LimitState::Open(config, log->get());
  if (!limits.ok()) return limits.status();
  TargetHealth health;
  Shared shared;
  shared.config = &config;
  shared.registry = &registry;
  shared.limits = (*limits)->backend();
  shared.limit_troubles = [state = limits->get()] { return state->Troubles(); };
  shared.health = &health;
  const absl::StatusOr<std::shared_ptr<const PriceTable>> prices =
      LoadPriceTable(config.prices.file);
  if (!prices.ok()) return prices.status();
  shared.prices.table = prices->get();
  // Nano-dollars a token: a thousandth of dollars a million tokens.
  shared.prices.unknown.input = config.prices.unknown_input_per_million * 1000;
  shared.prices.unknown.output = config.prices.unknown_output_per_million * 1000;
  shared.log = log->get();
  shared.started_unix_seconds = std::chrono::duration_cast<std::chrono::seconds>(
                                    std::chrono::system_clock::now().time_since_epoch())
                                    .count();
  shared.tls = *tls;
  absl::StatusOr<net::ProxySettings> proxies = net::ProxySettings::FromEnvironment(
      [environment = ProcessEnvironment()](std::string_view name) {
        return environment(std::string(name));
      });
  if (!proxies.ok()) return proxies.status();
  if (!proxies->empty()) {
    shared.pool.proxies = std::make_shared<const net::ProxySettings>(*std::move(proxies));
  }

  std::vector<Worker*> workers;  // by index; the server owns them
  net::HttpServerOptions options = ServerOptions(config);
  options.worker_state = [&shared, &workers](net::EventLoop& loop,
                                             size_t) -> std::shared_ptr<void> {
    auto worker = std::make_shared<Worker>(&shared, &loop);
    workers.push_back(worker.get());
    return worker;
  };
  net::HttpServer server(std::move(options), HandleRequest);
  std::atomic<bool> serving = false;  // the loops run: only then can they be told
  const auto refresh_workers = [&server, &serving, &workers] {
    if (!serving) return;
    // An idle worker would hold the replaced programs until its next request.
    server.PostToAll([&workers](net::EventLoop&, size_t index) { workers[index]->Refresh(); });
  };
  const ControlPlane* plane = nullptr;  // null: there is none, or not yet
  const compiler::CompileOptions route_options = RouteOptions(config, shared.prices.table);
  RouteDirectory routes(config.routes, route_options, &registry, log->get(), refresh_workers,
                        [&plane](std::string_view name) {
                          if (plane == nullptr) return std::string();
                          const std::string gateway = plane->GatewayWithRoute(name);
                          return gateway.empty() ? gateway : "the gateway `" + gateway + "`";
                        });
  RouteWatcher watcher(&routes, log->get());
  ShadowDifferences shadow_differences;
  std::unique_ptr<ControlService> control;   // null: there is no control plane
  std::unique_ptr<BackgroundControl> hooks;  // the data plane's way to it
  if (config.has_control_plane()) {
    ControlService::Parts parts;
    parts.config = &config;
    parts.registry = &registry;
    parts.directory = &directory;
    parts.files = &routes;
    parts.shadow_differences = &shadow_differences;
    parts.limits = shared.limits;
    parts.log = log->get();
    parts.on_live = [&refresh_workers, &routes, &watcher] {
      refresh_workers();
      // A name may have become free that a file has been waiting for.
      if (routes.HasReservedNames()) watcher.RequestReload();
    };
    parts.data_plane_url = [&server, &config] {
      return config.public_url.empty() ? UrlOf(server.address()) : config.public_url;
    };
    parts.prices = shared.prices;
    absl::StatusOr<std::unique_ptr<ControlService>> opened = ControlService::Open(std::move(parts));
    if (!opened.ok()) return opened.status();
    control = *std::move(opened);
    // Before the files are read: which names of theirs may serve depends on the store's.
    if (absl::Status status = control->Start(); !status.ok()) return status;
    plane = control->control();
    hooks = std::make_unique<BackgroundControl>(
        [&control] { return control->control()->EnsureDefaultGateway(); },
        [&control] { return control->control()->Troubles(); });
    shared.directory = &directory;
    shared.control = hooks.get();
    shared.shadow_differences = &shadow_differences;
    shared.pool.private_targets = control->private_targets();
  }
  if (absl::Status status = watcher.Start(); !status.ok()) return status;
  absl::StatusOr<ReloadReport> report = ReloadReport();
  if (has_files) report = routes.Reload(ReloadCause::kStart);
  if (!report.ok()) return report.status();
  if (absl::Status status = server.Start(); !status.ok()) return status;
  serving = true;
  refresh_workers();
  if (control != nullptr) {
    if (absl::Status status = control->Listen(); !status.ok()) return status;
  }
  LogEvent(log->get(), LogLevel::kInfo, "listening")
      .Text("address", server.address())
      .Unsigned("threads", server.threads())
      .Unsigned("routes", report->serving);
  WaitForStop(signals, &watcher, log->get());
  serving = false;
  if (control != nullptr) control->StopListening();
  const size_t cut = server.Drain(net::Clock::now() + config.shutdown_timeout);
  (*limits)->Stop();
  LogEvent(log->get(), LogLevel::kInfo, "stopped").Unsigned("requests_cut", cut);
  return absl::OkStatus();
}

}  // namespace junctor::engine
