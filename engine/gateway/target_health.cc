#include "engine/gateway/target_health.h"

#include <algorithm>

namespace junctor::engine {

class TargetHealth::Target {
 public:
  std::string provider;
  std::string model;
  std::string key_name;

  std::mutex mutex;  // of everything below
  uint32_t consecutive_failures = 0;
  uint32_t coolings = 0;  // one after the other, without a success between them
  bool cooling = false;   // until `cooled_at`; a trial follows
  bool trial_runs = false;
  net::TimePoint cooled_at;
  uint64_t skipped = 0;
  std::string last_error;
};

namespace {

// Two separators and the digits of a 64-bit number.
constexpr size_t kIdTextBytes = 22;

std::chrono::milliseconds CooldownOf(const HealthRule& rule, uint32_t coolings) {
  const uint32_t factor = std::min(1u << std::min(coolings, 30u), kMaxCooldownFactor);
  return std::max(rule.cooldown, std::min(rule.cooldown * factor, kMaxCooldown));
}

}  // namespace

TargetHealth::TargetHealth() = default;
TargetHealth::~TargetHealth() = default;

HealthOutcome HealthOutcomeOf(ErrorClass error) {
  switch (error) {
    case ErrorClass::kConnect:
    case ErrorClass::kReset:
    case ErrorClass::kTimeout:
    case ErrorClass::kOverloaded:
    case ErrorClass::kServerError:
    case ErrorClass::kStream:
      return HealthOutcome::kFailure;
    // The account's or the request's fault: another request may well pass.
    case ErrorClass::kRateLimit:
    case ErrorClass::kQuota:
    case ErrorClass::kAuth:
    case ErrorClass::kContextLength:
    case ErrorClass::kContentFilter:
    case ErrorClass::kBadRequest:
      return HealthOutcome::kNeither;
  }
  return HealthOutcome::kNeither;
}

TargetHealth::Target* TargetHealth::Find(const HealthTarget& target) {
  // No slug and no model holds a NUL.
  std::string key;
  key.reserve(target.provider.size() + target.model.size() + kIdTextBytes);
  key.append(target.provider).append(1, '\0').append(target.model).append(1, '\0');
  key.append(std::to_string(target.credential_id));
  const std::lock_guard lock(mutex_);
  const auto found = targets_.find(key);
  if (found != targets_.end()) return found->second.get();
  if (targets_.size() >= kMaxHealthTargets) return nullptr;
  auto made = std::make_unique<Target>();
  made->provider = target.provider;
  made->model = target.model;
  made->key_name = target.key_name;
  return targets_.emplace(std::move(key), std::move(made)).first->second.get();
}

HealthVerdict TargetHealth::Admit(Target* target, net::TimePoint now) {
  const std::lock_guard lock(target->mutex);
  if (!target->cooling) return HealthVerdict::kHealthy;
  if (now < target->cooled_at || target->trial_runs) return HealthVerdict::kCooling;
  target->trial_runs = true;
  return HealthVerdict::kTrial;
}

bool TargetHealth::IsCooling(Target* target, net::TimePoint now) {
  const std::lock_guard lock(target->mutex);
  return target->cooling && (now < target->cooled_at || target->trial_runs);
}

void TargetHealth::NoteSkipped(Target* target) {
  const std::lock_guard lock(target->mutex);
  ++target->skipped;
}

bool TargetHealth::Report(Target* target, HealthVerdict verdict, const HealthRule& rule,
                          HealthOutcome outcome, std::string_view error, net::TimePoint now) {
  const std::lock_guard lock(target->mutex);
  const bool was_cooling = target->cooling;
  const bool was_trial = verdict == HealthVerdict::kTrial;
  switch (outcome) {
    case HealthOutcome::kSuccess:
      target->consecutive_failures = 0;
      target->coolings = 0;
      target->cooling = false;
      target->trial_runs = false;
      return was_cooling;
    case HealthOutcome::kNeither:
      // The trial told nothing: the next request tries again.
      if (was_trial) target->trial_runs = false;
      return false;
    case HealthOutcome::kFailure:
      break;
  }
  ++target->consecutive_failures;
  target->last_error = error;
  // Calls that were under way when it began to cool don't lengthen its time.
  if (was_cooling && !was_trial) return false;
  if (!was_trial && target->consecutive_failures < rule.failures) return false;
  target->cooling = true;
  target->trial_runs = false;
  target->cooled_at = now + CooldownOf(rule, target->coolings);
  ++target->coolings;
  return !was_cooling;
}

std::vector<HealthReport> TargetHealth::Reports(net::TimePoint now) {
  std::vector<HealthReport> reports;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, target] : targets_) {
    const std::lock_guard target_lock(target->mutex);
    if (target->last_error.empty()) continue;
    HealthReport& report = reports.emplace_back();
    report.provider = target->provider;
    report.model = target->model;
    report.key_name = target->key_name;
    report.consecutive_failures = target->consecutive_failures;
    report.skipped = target->skipped;
    report.last_error = target->last_error;
    if (!target->cooling) continue;
    if (now < target->cooled_at) {
      report.verdict = HealthVerdict::kCooling;
      report.cooling_for = std::chrono::ceil<std::chrono::milliseconds>(target->cooled_at - now);
    } else {
      report.verdict = HealthVerdict::kTrial;
    }
  }
  return reports;
}

std::string_view HealthVerdictName(HealthVerdict verdict) {
  switch (verdict) {
    case HealthVerdict::kHealthy:
      return "healthy";
    case HealthVerdict::kTrial:
      return "trial";
    case HealthVerdict::kCooling:
      return "cooling";
  }
  return "healthy";
}

}  // namespace junctor::engine
