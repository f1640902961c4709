#include "engine/serve/control_service.h"

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "engine/observe/log_event.h"

namespace junctor::engine {
namespace {

int64_t NowUnixMilliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The configured keys; null: there are none.
absl::StatusOr<std::unique_ptr<const MasterKeys>> ReadMasterKeys(const SecretsConfig& secrets) {
  if (secrets.master_key_file.empty() && secrets.master_key.empty()) return nullptr;
  absl::StatusOr<MasterKeys> keys = secrets.master_key_file.empty()
                                        ? MasterKeys::Parse(secrets.master_key.Reveal())
                                        : MasterKeys::ReadFile(secrets.master_key_file);
  if (!keys.ok()) {
    return absl::Status(keys.status().code(),
                        "the master key: " + std::string(keys.status().message()));
  }
  return std::make_unique<const MasterKeys>(*std::move(keys));
}

}  // namespace

ControlService::ControlService(Parts parts) : parts_(std::move(parts)) {}

ControlService::~ControlService() { StopListening(); }

absl::StatusOr<std::unique_ptr<ControlService>> ControlService::Open(Parts parts) {
  std::unique_ptr<ControlService> service(new ControlService(std::move(parts)));
  const Config& config = *service->parts_.config;
  absl::StatusOr<net::PrivateTargets> targets =
      net::PrivateTargets::Parse(config.allow_private_targets);
  if (!targets.ok()) return targets.status();
  service->private_targets_ = std::make_shared<const net::PrivateTargets>(*std::move(targets));
  auto master_keys = ReadMasterKeys(config.secrets);
  if (!master_keys.ok()) return master_keys.status();
  service->master_keys_ = *std::move(master_keys);
  auto store = ControlStore::Open({config.storage.sqlite_file, config.storage.postgresql_url});
  if (!store.ok()) return store.status();
  service->store_ = *std::move(store);

  ControlParts control;
  control.config = &config;
  control.store = service->store_.get();
  control.registry = service->parts_.registry;
  control.directory = service->parts_.directory;
  control.master_keys = service->master_keys_.get();
  control.files = service->parts_.files;
  control.shadow_differences = service->parts_.shadow_differences;
  control.limits = service->parts_.limits;
  control.log = service->parts_.log;
  control.on_live = service->parts_.on_live;
  control.now_unix_ms = NowUnixMilliseconds;
  control.check_target = [allowed = service->private_targets_](std::string_view host) {
    return net::CheckTarget(host, *allowed);
  };
  control.data_plane_url = service->parts_.data_plane_url;
  control.prices = service->parts_.prices;
  service->control_ = std::make_unique<ControlPlane>(std::move(control));
  return service;
}

absl::Status ControlService::Start() {
  const absl::StatusOr<std::string> token = control_->Start();
  if (!token.ok()) return token.status();
  if (!token->empty()) {
    std::printf("admin token, shown this once: %s\n", token->c_str());
    std::fflush(stdout);
  }
  return absl::OkStatus();
}

absl::Status ControlService::Listen() {
  const std::optional<AdminConfig>& admin = parts_.config->admin;
  if (!admin.has_value()) return absl::OkStatus();
  server_ = std::make_unique<AdminServer>(admin->listen, control_.get(), parts_.log);
  if (absl::Status status = server_->Start(); !status.ok()) return status;
  LogEvent(parts_.log, LogLevel::kInfo, "admin_listening").Text("address", server_->address());
  return absl::OkStatus();
}

void ControlService::StopListening() {
  if (server_ != nullptr) server_->Stop();
}

}  // namespace junctor::engine
