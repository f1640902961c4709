// Stored routes into the registry: read what serves, find each version's program, swap.
#include "engine/control/route_loader.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "engine/control/route_text.h"
#include "engine/observe/log_event.h"
#include "runtime/program/program_file.h"

namespace junctor::engine {
namespace {

// Programs that one transaction replaces, so that no other writer waits for all of them.
constexpr size_t kProgramsPerTransaction = 500;
// Diagnostics of one version that a log line and a trouble hold; the API shows all.
constexpr size_t kMaxSaidDiagnostics = 5;

// The program of a version that serves in some way already; null: it does not.
std::shared_ptr<const Program> Serving(const RouteEntry* entry, std::string_view version_id,
                                       std::string_view name) {
  if (entry == nullptr || entry->attachment == nullptr) return nullptr;
  const auto& deployment = *static_cast<const RouteDeployment*>(entry->attachment.get());
  std::shared_ptr<const Program> program;
  if (deployment.live_version_id == version_id) program = entry->program;
  if (deployment.gradual_version_id == version_id) program = deployment.gradual;
  if (deployment.shadow_version_id == version_id) program = deployment.shadow;
  return program != nullptr && program->route_name() == name ? program : nullptr;
}

std::string Reason(const ControlErrors& errors) {
  std::string text;
  size_t said = 0;
  size_t left = 0;
  for (const ControlError& error : errors.errors) {
    if (error.is_warning) continue;
    if (said == kMaxSaidDiagnostics) {
      ++left;
      continue;
    }
    if (said++ > 0) text += "; ";
    text += error.message;
    if (error.line > 0) {
      text +=
          " (line " + std::to_string(error.line) + ", column " + std::to_string(error.column) + ")";
    }
  }
  if (left > 0) text += "; and " + std::to_string(left) + " more errors";
  return text;
}

// Adds the parts of a registry's name to a line.
LogEvent& AddName(LogEvent& line, std::string_view registry_name) {
  const size_t slash = registry_name.find('/');
  return line.Text("gateway", registry_name.substr(0, slash))
      .Text("route", registry_name.substr(slash + 1));
}

void SayPublished(Log* log, const RouteChange& change) {
  LogEvent line(log, LogLevel::kInfo, "route_published");
  AddName(line, change.name).Unsigned("version", change.version);
  const auto& deployment = *static_cast<const RouteDeployment*>(change.attachment.get());
  if (deployment.gradual != nullptr) line.Unsigned("gradual_version", deployment.gradual_version);
  if (deployment.shadow != nullptr) line.Unsigned("shadow_version", deployment.shadow_version);
}

std::string Named(const RouteRow& route) {
  return "route `" + route.name + "` of gateway `" + route.gateway_id + "`";
}

}  // namespace

RouteLoader::RouteLoader(const Config* config, ControlStore* store, Registry* registry,
                         const FileRoutes* files, Log* log)
    : store_(store),
      registry_(registry),
      files_(files),
      log_(log),
      options_(StoredRouteOptions(*config, nullptr)) {}

absl::Status RouteLoader::LoadAll() {
  const std::shared_ptr<const RouteTable> table = registry_->Snapshot();
  Batch batch;
  absl::Status status = store_->Read([&](ControlTransaction& transaction) {
    batch = Batch();
    std::set<std::string> seen;
    absl::Status read = transaction.ForEachServingRoute([&](ServingRoute serving) {
      seen.insert(serving.route.id);
      Take(std::move(serving), *table, &batch);
      return true;
    });
    if (!read.ok()) return read;
    std::vector<std::string> gone;
    for (const auto& [id, route] : loaded_) {
      if (!seen.contains(id)) gone.push_back(id);
    }
    for (const std::string& id : gone) TakeOut(id, &batch);
    return read;
  });
  if (status.ok()) status = TakeEarlier(&batch);
  if (!status.ok()) return status;
  LogEvent(log_, LogLevel::kInfo, "stored_routes_loaded")
      .Unsigned("serving", batch.changes.size())
      .Unsigned("recompiled", batch.recompiled.size())
      .Unsigned("not_serving", batch.routes - std::min(batch.routes, batch.changes.size()));
  PutLive(std::move(batch));
  return absl::OkStatus();
}

absl::Status RouteLoader::Load(const std::vector<std::string>& route_ids) {
  const std::shared_ptr<const RouteTable> table = registry_->Snapshot();
  std::vector<std::optional<ServingRoute>> read;
  absl::Status status = store_->Read([&](ControlTransaction& transaction) -> absl::Status {
    read.clear();
    for (const std::string& id : route_ids) {
      absl::StatusOr<std::optional<ServingRoute>> serving = transaction.FindServingRoute(id);
      if (!serving.ok()) return serving.status();
      read.push_back(*std::move(serving));
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  Batch batch;
  for (size_t i = 0; i < route_ids.size(); ++i) {
    if (read[i].has_value()) {
      Take(*std::move(read[i]), *table, &batch);
    } else {
      TakeOut(route_ids[i], &batch);
    }
  }
  status = TakeEarlier(&batch);
  if (!status.ok()) return status;
  for (const RouteChange& change : batch.removals) {
    LogEvent line(log_, LogLevel::kInfo, "route_removed");
    AddName(line, change.name);
  }
  for (const RouteChange& change : batch.changes) SayPublished(log_, change);
  PutLive(std::move(batch));
  return absl::OkStatus();
}

void RouteLoader::Take(ServingRoute serving, const RouteTable& table, Batch* batch) {
  ++batch->routes;
  const RouteRow& route = serving.route;
  Loaded loaded{route.gateway_id, route.name, {}};
  const auto before = loaded_.find(route.id);
  const RouteEntry* entry = nullptr;
  if (before != loaded_.end()) {
    const std::string old_name = RegistryName(before->second.gateway_id, before->second.name);
    entry = table.Find(old_name);
    if (before->second.name != route.name) batch->removals.push_back({old_name, nullptr, 0, {}});
  }

  if (before == loaded_.end() || before->second.name != route.name) SayIfOfFile(route);

  RouteChange change;
  change.name = RegistryName(route.gateway_id, route.name);
  auto deployment = std::make_shared<RouteDeployment>();
  deployment->route_id = route.id;
  deployment->live_version_id = serving.live.id;
  change.program = ProgramOf(route, serving.live, "live", entry, batch, &loaded.troubles);
  change.version = static_cast<uint64_t>(serving.live.number);
  if (change.program == nullptr && entry != nullptr) {
    change.program = entry->program;
    change.version = entry->version;
    deployment->live_version_id =
        static_cast<const RouteDeployment*>(entry->attachment.get())->live_version_id;
  }
  if (serving.gradual.has_value() && serving.gradual_version.has_value()) {
    const VersionRow& version = *serving.gradual_version;
    deployment->gradual =
        ProgramOf(route, version, "gradually deployed", entry, batch, &loaded.troubles);
    if (deployment->gradual != nullptr) {
      deployment->gradual_version_id = version.id;
      deployment->gradual_version = static_cast<uint64_t>(version.number);
      deployment->gradual_millionths = static_cast<uint32_t>(serving.gradual->share_millionths);
      deployment->gradual_key = serving.gradual->key;
      deployment->gradual_deployment_id = serving.gradual->id;
    }
  }
  if (serving.shadow.has_value() && serving.shadow_version.has_value()) {
    const VersionRow& version = *serving.shadow_version;
    deployment->shadow = ProgramOf(route, version, "shadow", entry, batch, &loaded.troubles);
    if (deployment->shadow != nullptr) {
      deployment->shadow_version_id = version.id;
      deployment->shadow_version = static_cast<uint64_t>(version.number);
      deployment->shadow_deployment_id = serving.shadow->id;
    }
  }
  {
    const std::lock_guard lock(mutex_);
    if (before == loaded_.end() || before->second.name != route.name) {
      gateways_.emplace(route.name, route.gateway_id);
    }
    if (before != loaded_.end() && before->second.name != route.name) {
      const auto [first, last] = gateways_.equal_range(before->second.name);
      const auto old = std::find_if(
          first, last, [&route](const auto& name) { return name.second == route.gateway_id; });
      if (old != last) gateways_.erase(old);
    }
    loaded_.insert_or_assign(route.id, std::move(loaded));
  }
  if (change.program == nullptr) {
    batch->without_program.push_back(std::move(serving));
    return;
  }
  change.attachment = std::move(deployment);
  batch->changes.push_back(std::move(change));
}

void RouteLoader::SayIfOfFile(const RouteRow& route) const {
  if (files_ == nullptr) return;
  const std::optional<FileRoute> file = files_->Find(route.name);
  if (!file.has_value()) return;
  LogEvent(log_, LogLevel::kError, "route_name_of_file")
      .Text("gateway", route.gateway_id)
      .Text("route", route.name)
      .Text("file", file->file)
      .Text("message",
            "another instance stored a route whose name a file has here: in its gateway the "
            "stored one serves, in all others the file's");
}

void RouteLoader::TakeOut(const std::string& route_id, Batch* batch) {
  const std::lock_guard lock(mutex_);
  const auto loaded = loaded_.find(route_id);
  if (loaded == loaded_.end()) return;
  const Loaded& route = loaded->second;
  batch->removals.push_back({RegistryName(route.gateway_id, route.name), nullptr, 0, {}});
  const auto [first, last] = gateways_.equal_range(route.name);
  const auto name = std::find_if(
      first, last, [&route](const auto& one) { return one.second == route.gateway_id; });
  if (name != last) gateways_.erase(name);
  loaded_.erase(loaded);
}

absl::Status RouteLoader::TakeEarlier(Batch* batch) {
  for (const ServingRoute& serving : batch->without_program) {
    const RouteRow& route = serving.route;
    std::vector<VersionRow> earlier;
    const absl::Status status = store_->Read([&](ControlTransaction& transaction) -> absl::Status {
      earlier.clear();
      const absl::StatusOr<Page<DeploymentRow>> deployments =
          transaction.ListDeployments(route.id, {1, kMaxEarlierDeployments});
      if (!deployments.ok()) return deployments.status();
      std::set<std::string> seen = {serving.live.id};
      for (const DeploymentRow& deployment : deployments->rows) {
        if (deployment.kind != DeploymentKind::kLive) continue;
        if (!seen.insert(deployment.version_id).second) continue;
        absl::StatusOr<std::optional<VersionRow>> version =
            transaction.FindVersion(route.id, deployment.version_id);
        if (!version.ok()) return version.status();
        if (version->has_value()) earlier.push_back(**std::move(version));
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    for (const VersionRow& version : earlier) {
      StoredProgram stored = ReadStoredProgram(route.name, version, options_);
      if (stored.program == nullptr) continue;
      if (stored.recompiled) batch->recompiled.push_back({version.id, std::move(stored.bytes)});
      auto deployment = std::make_shared<RouteDeployment>();
      deployment->route_id = route.id;
      deployment->live_version_id = version.id;
      LogEvent(log_, LogLevel::kError, "route_earlier_version_serves")
          .Text("gateway", route.gateway_id)
          .Text("route", route.name)
          .Integer("version", serving.live.number)
          .Integer("serving_version", version.number);
      batch->changes.push_back({RegistryName(route.gateway_id, route.name),
                                std::move(stored.program), static_cast<uint64_t>(version.number),
                                std::move(deployment)});
      break;
    }
  }
  return absl::OkStatus();
}

std::shared_ptr<const Program> RouteLoader::ProgramOf(const RouteRow& route,
                                                      const VersionRow& version,
                                                      std::string_view what,
                                                      const RouteEntry* known, Batch* batch,
                                                      std::vector<std::string>* troubles) {
  if (auto program = Serving(known, version.id, route.name)) return program;
  StoredProgram stored = ReadStoredProgram(route.name, version, options_);
  if (stored.recompiled) {
    LogEvent(log_, LogLevel::kInfo, "route_recompiled")
        .Text("gateway", route.gateway_id)
        .Text("route", route.name)
        .Integer("version", version.number)
        .Integer("stored_format", version.program_format)
        .Integer("format", kProgramFormat);
    batch->recompiled.push_back({version.id, std::move(stored.bytes)});
  }
  if (stored.program != nullptr) return std::move(stored.program);
  const std::string reason = Reason(stored.errors);
  troubles->push_back(Named(route) + ": its " + std::string(what) + " version " +
                      std::to_string(version.number) + " does not compile any more: " + reason);
  LogEvent(log_, LogLevel::kError, "route_version_unusable")
      .Text("gateway", route.gateway_id)
      .Text("route", route.name)
      .Text("deployment", what)
      .Integer("version", version.number)
      .Text("message", "the version does not compile any more; what served before goes on serving")
      .Text("diagnostics", reason);
  return nullptr;
}

void RouteLoader::PutLive(Batch batch) {
  std::vector<RouteChange> all = std::move(batch.removals);
  all.insert(all.end(), std::make_move_iterator(batch.changes.begin()),
             std::make_move_iterator(batch.changes.end()));
  registry_->Apply(std::move(all));
  SavePrograms(batch.recompiled);
}

void RouteLoader::SavePrograms(const std::vector<Recompiled>& recompiled) {
  for (size_t begin = 0; begin < recompiled.size(); begin += kProgramsPerTransaction) {
    const size_t end = std::min(recompiled.size(), begin + kProgramsPerTransaction);
    const absl::Status status = store_->Change([&](ControlTransaction& transaction) {
      absl::Status saved;
      for (size_t i = begin; i < end && saved.ok(); ++i) {
        saved = transaction.ReplaceProgram(recompiled[i].version_id, recompiled[i].bytes,
                                           kProgramFormat);
        // Deleted in the meantime.
        if (absl::IsNotFound(saved)) saved = absl::OkStatus();
      }
      return saved;
    });
    if (!status.ok()) {
      // They serve all the same; the next start compiles them again.
      LogEvent(log_, LogLevel::kWarn, "recompiled_programs_not_saved")
          .Text("error", std::string(status.message()));
      return;
    }
  }
}

std::vector<std::string> RouteLoader::RoutesOf(std::string_view gateway_id) const {
  std::vector<std::string> ids;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, route] : loaded_) {
    if (route.gateway_id == gateway_id) ids.push_back(id);
  }
  return ids;
}

std::vector<std::string> RouteLoader::Troubles() const {
  std::vector<std::string> troubles;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, route] : loaded_) {
    troubles.insert(troubles.end(), route.troubles.begin(), route.troubles.end());
  }
  return troubles;
}

std::string RouteLoader::GatewayOf(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = gateways_.find(name);
  return found == gateways_.end() ? std::string() : found->second;
}

}  // namespace junctor::engine
