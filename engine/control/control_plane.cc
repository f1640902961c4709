#include "engine/control/control_plane.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <optional>
#include <utility>

#include "engine/control/access_tokens.h"
#include "engine/control/directory_loader.h"
#include "engine/control/gateway_settings.h"
#include "engine/control/route_loader.h"
#include "engine/observe/json_text.h"
#include "engine/observe/log_event.h"

namespace junctor::engine {
namespace {

// Changes that are read at a time.
constexpr int64_t kChangesAtOnce = 1000;
// How often last uses are saved: an operator who looks for unused keys thinks in days.
constexpr std::chrono::seconds kSaveLastUsesEvery(5);
// How often the audit log is looked through for what is too old: those who count in days don't see
// the hour.
constexpr std::chrono::hours kPruneAuditEvery(1);
// Entries that one transaction deletes, so that no other writer waits for all of them.
constexpr int64_t kAuditAtOnce = 1000;
constexpr int64_t kMillisecondsPerDay = int64_t{24} * 60 * 60 * 1000;
// After a failure to follow the store.
constexpr std::chrono::seconds kTryAgainAfter(1);

constexpr std::string_view kDefaultGateway = "default";

const Actor& SystemActor() {
  static const Actor actor{"system", "system", "", "system"};
  return actor;
}

absl::Status InsertDefaultGateway(ControlTransaction& transaction, bool authentication,
                                  int64_t now_ms) {
  const auto there = transaction.FindGateway(kDefaultGateway);
  if (!there.ok()) return there.status();
  if (there->has_value()) return absl::OkStatus();
  const GatewaySettings settings = GatewaySettings::ForDefaultGateway(authentication);
  GatewayRow row;
  row.id = kDefaultGateway;
  row.settings = settings.Text();
  row.is_default = true;
  row.created_ms = now_ms;
  row.modified_ms = now_ms;
  absl::Status status = transaction.InsertGateway(row);
  if (!status.ok()) return status;
  AuditEntry entry;
  entry.action_type = "create";
  entry.action_info = "gateway created";
  entry.resource_type = "ai_gateway.gateway";
  entry.resource_id = row.id;
  entry.gateway_id = row.id;
  entry.new_value = "{\"id\":\"default\"," + settings.MaskedMembers() + "}";
  status = WriteAudit(transaction, SystemActor(), now_ms, entry);
  if (!status.ok()) return status;
  return transaction.NoteChange(ChangeKind::kGateway, row.id);
}

bool HasOther(const std::vector<ChangeRow>& changes) {
  for (const ChangeRow& change : changes) {
    if (change.kind != ChangeKind::kRoute) return true;
  }
  return false;
}

}  // namespace

struct ControlPlane::Follower {
  std::mutex mutex;
  std::condition_variable wake;
  bool pending = false;   // guarded by mutex: the store has told of a change
  bool stopping = false;  // guarded by mutex

  void Tell() {
    {
      const std::lock_guard lock(mutex);
      pending = true;
    }
    wake.notify_all();
  }
};

ControlPlane::ControlPlane(ControlParts parts)
    : parts_(std::move(parts)),
      follower_(std::make_shared<Follower>()),
      routes_(std::make_unique<RouteLoader>(parts_.config, parts_.store, parts_.registry,
                                            parts_.files, parts_.log)),
      directory_loader_(std::make_unique<DirectoryLoader>(parts_.config, parts_.master_keys,
                                                          parts_.prices.table, parts_.log)) {}

ControlPlane::~ControlPlane() {
  {
    const std::lock_guard lock(follower_->mutex);
    follower_->stopping = true;
  }
  follower_->wake.notify_all();
  if (follow_thread_.joinable()) follow_thread_.join();
}

absl::StatusOr<std::string> ControlPlane::MakeFirstToken() {
  std::string text;
  if (!parts_.config->admin.has_value() || !parts_.config->admin->token.empty()) return text;
  absl::Status status = parts_.store->Change([this, &text](ControlTransaction& transaction) {
    text.clear();
    const auto tokens = transaction.ListTokens({1, 1});
    if (!tokens.ok()) return tokens.status();
    if (tokens->total > 0) return absl::OkStatus();
    constexpr unsigned kAll = static_cast<unsigned>(Permission::kRead) |
                              static_cast<unsigned>(Permission::kEdit) |
                              static_cast<unsigned>(Permission::kRun);
    const auto made = MakeToken("admin", static_cast<uint8_t>(kAll), "", 0, now_ms());
    if (!made.ok()) return made.status();
    text = std::string(made->text.Reveal());
    return InsertToken(transaction, made->row, SystemActor(), now_ms());
  });
  if (!status.ok()) return status;
  if (!text.empty()) LogEvent(parts_.log, LogLevel::kInfo, "admin_token_created");
  return text;
}

absl::StatusOr<std::string> ControlPlane::Start() {
  absl::StatusOr<std::string> token = MakeFirstToken();
  if (!token.ok()) return token.status();
  if (parts_.config->admin.has_value() && !parts_.config->admin->default_authentication) {
    absl::Status status = parts_.store->Change([this](ControlTransaction& transaction) {
      return InsertDefaultGateway(transaction, false, now_ms());
    });
    if (!status.ok()) return status;
  }
  {
    const std::lock_guard lock(sync_mutex_);
    if (absl::Status status = LoadAll(); !status.ok()) return status;
    NoteTroubles();
    if (const size_t closed = directory_loader_->closed_secrets(); closed > 0) {
      return absl::FailedPreconditionError(
          std::to_string(closed) +
          (closed == 1 ? " stored provider key" : " stored provider keys") + " can't be opened" +
          (parts_.master_keys == nullptr
               ? ", for the configuration names no master key: set `secrets.master_key_file` or "
                 "`secrets.master_key_env` to the one that they were sealed with"
               : " with the master key that `secrets` of the configuration names: " +
                     directory_loader_->Troubles().front()));
    }
  }
  parts_.store->Listen([follower = follower_] { follower->Tell(); });
  follow_thread_ = std::thread([this] { Follow(); });
  return token;
}

absl::Status ControlPlane::LoadAll() {
  int64_t last = 0;
  absl::Status status = parts_.store->Read([this, &last](ControlTransaction& transaction) {
    const auto number = transaction.LastChange();
    if (!number.ok()) return number.status();
    last = *number;
    return directory_loader_->LoadAll(transaction);
  });
  if (!status.ok()) return status;
  parts_.directory->Replace(directory_loader_->Build());
  // Reads a state that is as new or newer: what changed in between is loaded once more by the next
  // Sync.
  if (status = routes_->LoadAll(); !status.ok()) return status;
  seen_change_ = last;
  if (parts_.on_live) parts_.on_live();
  return status;
}

absl::Status ControlPlane::Apply(const std::vector<ChangeRow>& changes) {
  if (HasOther(changes)) {
    absl::Status status = parts_.store->Read([this, &changes](ControlTransaction& transaction) {
      return directory_loader_->Load(transaction, changes);
    });
    if (!status.ok()) return status;
    parts_.directory->Replace(directory_loader_->Build());
  }
  std::vector<std::string> routes;
  std::map<std::string_view, int> gateway_changes;
  for (const ChangeRow& change : changes) {
    if (change.kind == ChangeKind::kRoute) routes.push_back(change.id);
    if (change.kind == ChangeKind::kGateway) ++gateway_changes[change.id];
  }
  for (const auto& [gateway, count] : gateway_changes) {
    // The routes of a gateway that is gone, or that may be another one of the same name by now.
    if (count == 1 && directory_loader_->HasGateway(gateway)) continue;
    for (std::string& route : routes_->RoutesOf(gateway)) routes.push_back(std::move(route));
  }
  if (!routes.empty()) {
    if (absl::Status status = routes_->Load(routes); !status.ok()) return status;
  }
  if (parts_.on_live) parts_.on_live();
  return absl::OkStatus();
}

absl::Status ControlPlane::Sync() {
  const std::lock_guard lock(sync_mutex_);
  absl::Status status;
  while (true) {
    std::vector<ChangeRow> changes;
    status = parts_.store->Read([this, &changes](ControlTransaction& transaction) {
      auto read = transaction.ChangesAfter(seen_change_, kChangesAtOnce);
      if (!read.ok()) return read.status();
      changes = *std::move(read);
      return absl::OkStatus();
    });
    if (absl::IsOutOfRange(status)) {
      LogEvent(parts_.log, LogLevel::kInfo, "control_read_again")
          .Text("why", std::string(status.message()));
      status = LoadAll();
      break;
    }
    if (!status.ok() || changes.empty()) break;
    if (status = Apply(changes); !status.ok()) break;
    seen_change_ = changes.back().sequence;
  }
  std::string trouble =
      status.ok() ? "" : "changes are not live yet: " + std::string(status.message());
  if (trouble != sync_trouble_) {
    LogEvent(parts_.log, trouble.empty() ? LogLevel::kInfo : LogLevel::kError,
             trouble.empty() ? "control_caught_up" : "control_not_followed")
        .Text("error", std::string(status.message()));
    sync_trouble_ = std::move(trouble);
  }
  NoteTroubles();
  return status;
}

void ControlPlane::Follow() {
  using Clock = std::chrono::steady_clock;
  Clock::time_point save_at = Clock::now() + kSaveLastUsesEvery;
  Clock::time_point prune_at = Clock::now();
  std::string save_trouble;
  std::unique_lock lock(follower_->mutex);
  while (true) {
    follower_->wake.wait_until(lock, std::min(save_at, prune_at),
                               [this] { return follower_->pending || follower_->stopping; });
    const bool pending = std::exchange(follower_->pending, false);
    const bool stopping = follower_->stopping;
    lock.unlock();
    const bool failed = pending && !stopping && !Sync().ok();
    if (stopping || Clock::now() >= save_at) {
      const std::lock_guard sync_lock(sync_mutex_);
      const absl::Status status = directory_loader_->SaveLastUses(parts_.store);
      std::string trouble(status.message());
      if (!trouble.empty() && trouble != save_trouble) {
        LogEvent(parts_.log, LogLevel::kWarn, "last_uses_not_saved").Text("error", trouble);
      }
      save_trouble = std::move(trouble);
      save_at = Clock::now() + kSaveLastUsesEvery;
    }
    if (!stopping && Clock::now() >= prune_at) {
      PruneAudit();
      prune_at = Clock::now() + kPruneAuditEvery;
    }
    lock.lock();
    if (stopping) return;
    if (failed) {
      follower_->pending = true;
      follower_->wake.wait_for(lock, kTryAgainAfter, [this] { return follower_->stopping; });
    }
  }
}

void ControlPlane::PruneAudit() {
  if (!parts_.config->admin.has_value() || parts_.config->admin->audit_days == 0) return;
  const int64_t before =
      now_ms() - static_cast<int64_t>(parts_.config->admin->audit_days) * kMillisecondsPerDay;
  int64_t deleted = 0;
  int64_t batch = kAuditAtOnce;
  while (batch == kAuditAtOnce) {
    const absl::Status status =
        parts_.store->Change([before, &batch](ControlTransaction& transaction) {
          const auto count = transaction.DeleteAudit(before, kAuditAtOnce);
          batch = count.ok() ? *count : 0;
          return count.status();
        });
    if (!status.ok()) {
      LogEvent(parts_.log, LogLevel::kWarn, "audit_not_pruned")
          .Text("error", std::string(status.message()));
      return;
    }
    deleted += batch;
    const std::lock_guard lock(follower_->mutex);
    if (follower_->stopping) break;
  }
  if (deleted > 0) {
    LogEvent(parts_.log, LogLevel::kInfo, "audit_pruned").Integer("entries", deleted);
  }
}

ControlResult<std::monostate> ControlPlane::Change(const Work& work) {
  std::optional<ControlErrors> refused;
  const absl::Status status =
      parts_.store->Change([&work, &refused](ControlTransaction& transaction) {
        refused.reset();
        ControlResult<std::monostate> result = work(transaction);
        if (result.ok()) return absl::OkStatus();
        refused = result.errors();
        return absl::CancelledError("the change was refused");
      });
  if (refused.has_value()) return *refused;
  if (!status.ok()) return FromStatus(status);
  // What is committed stays so. If it can't be put live now, the follower tries again.
  if (!Sync().ok()) follower_->Tell();
  return std::monostate();
}

ControlResult<std::monostate> ControlPlane::Read(const Work& work) const {
  std::optional<ControlErrors> refused;
  const absl::Status status =
      parts_.store->Read([&work, &refused](ControlTransaction& transaction) {
        refused.reset();
        ControlResult<std::monostate> result = work(transaction);
        if (result.ok()) return absl::OkStatus();
        refused = result.errors();
        return absl::CancelledError("nothing to tell");
      });
  if (refused.has_value()) return *refused;
  if (!status.ok()) return FromStatus(status);
  return std::monostate();
}

ControlErrors ControlPlane::FromStatus(const absl::Status& status) {
  std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return ControlErrors::NotFound(std::move(message));
    case absl::StatusCode::kAlreadyExists:
      return ControlErrors::One(409, kCodeDuplicate, std::move(message));
    case absl::StatusCode::kInvalidArgument:
      return ControlErrors::One(400, kCodeBadField, std::move(message));
    case absl::StatusCode::kFailedPrecondition:
      return ControlErrors::One(409, kCodeConflict, std::move(message));
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return ControlErrors::One(503, kCodeUnavailable, std::move(message));
    default:
      return ControlErrors::One(500, kCodeInternal, std::move(message));
  }
}

absl::Status ControlPlane::EnsureDefaultGateway() {
  if (parts_.directory->Get()->FindGateway(kDefaultGateway) != nullptr) return absl::OkStatus();
  const bool authentication =
      !parts_.config->admin.has_value() || parts_.config->admin->default_authentication;
  absl::Status status =
      parts_.store->Change([this, authentication](ControlTransaction& transaction) {
        return InsertDefaultGateway(transaction, authentication, now_ms());
      });
  if (!status.ok()) return status;
  return Sync();
}

std::string ControlPlane::GatewayWithRoute(std::string_view name) const {
  return routes_->GatewayOf(name);
}

int64_t ControlPlane::LastUseOfToken(std::string_view id) const {
  const std::lock_guard lock(sync_mutex_);
  return directory_loader_->LastUseOfToken(id);
}

int64_t ControlPlane::LastUseOfConfig(std::string_view id) const {
  const std::lock_guard lock(sync_mutex_);
  return directory_loader_->LastUseOfConfig(id);
}

void ControlPlane::NoteTroubles() {
  std::vector<std::string> troubles;
  if (!sync_trouble_.empty()) troubles.push_back(sync_trouble_);
  for (const std::vector<std::string>& more :
       {routes_->Troubles(), directory_loader_->Troubles()}) {
    troubles.insert(troubles.end(), more.begin(), more.end());
  }
  const std::lock_guard lock(trouble_mutex_);
  troubles_ = std::move(troubles);
}

std::vector<std::string> ControlPlane::Troubles() const {
  std::vector<std::string> troubles;
  if (std::string trouble = parts_.store->Trouble(); !trouble.empty()) {
    troubles.push_back(std::move(trouble));
  }
  if (parts_.files != nullptr) {
    // Stored through another instance, which does not have the file.
    for (const FileRoute& file : parts_.files->All()) {
      const std::string gateway = GatewayWithRoute(file.name);
      if (gateway.empty()) continue;
      troubles.push_back("route `" + file.name + "` is stored in gateway `" + gateway +
                         "` and comes from the file `" + file.file +
                         "` too: the stored one serves in its gateway, the file's in all others; "
                         "rename or delete one of them");
    }
  }
  const std::lock_guard lock(trouble_mutex_);
  troubles.insert(troubles.end(), troubles_.begin(), troubles_.end());
  return troubles;
}

}  // namespace junctor::engine
