// Which targets are worth a call: after repeated failures of the provider's making a target is left
// alone for a while, then tried by one request at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/timer_wheel.h"
#include "runtime/program/error_class.h"

namespace junctor::engine {

// Most targets whose health is kept; further ones are always worth a call.
inline constexpr size_t kMaxHealthTargets = 10'000;
// A cooling time doubles with each failed trial, up to this many times the first one …
inline constexpr uint32_t kMaxCooldownFactor = 64;
// … and to this at most, unless the first is longer.
inline constexpr std::chrono::milliseconds kMaxCooldown{600'000};

// What one call is made of, as far as health goes.
struct HealthTarget {
  std::string_view provider;
  std::string_view model;
  uint64_t credential_id = 0;
  std::string_view key_name;  // for people: an alias, "configured", "caller's"; no secret
};

// When a target is left alone, and for how long at first.
struct HealthRule {
  uint32_t failures = 10;
  std::chrono::milliseconds cooldown{10'000};
};

// What may be done with a target now.
enum class HealthVerdict : uint8_t {
  kHealthy,
  kTrial,    // it has cooled down, and this request is the one that tries it
  kCooling,  // leave it alone
};

// How a call ended, as far as health goes.
enum class HealthOutcome : uint8_t {
  kSuccess,
  kFailure,  // of the provider's making
  kNeither,  // the caller left, or the request was at fault
};

// The outcome that a failed attempt of class `error` stands for.
HealthOutcome HealthOutcomeOf(ErrorClass error);

// A target's state, for the health page.
struct HealthReport {
  std::string provider;
  std::string model;
  std::string key_name;
  HealthVerdict verdict = HealthVerdict::kHealthy;
  uint32_t consecutive_failures = 0;
  std::chrono::milliseconds cooling_for{0};  // kCooling: how much longer
  uint64_t skipped = 0;                      // calls that were not made
  std::string last_error;                    // class of the last failure; empty: none yet
};

// The health of all targets of the process. Thread-safe. Time is given.
class TargetHealth {
 public:
  // One target's state; owned by the TargetHealth.
  class Target;

  // The state of `target`, made at its first call; null beyond kMaxHealthTargets.
  Target* Find(const HealthTarget& target);

  // Asks for one call. After kTrial, a Report with that verdict follows exactly once.
  HealthVerdict Admit(Target* target, net::TimePoint now);
  // Whether Admit would let a call pass, without asking for one.
  bool IsCooling(Target* target, net::TimePoint now);
  // Notes that a call was not made because of kCooling.
  void NoteSkipped(Target* target);
  // What became of a call that was made; `verdict` is what Admit said of it, kHealthy where nobody
  // asked. `error` is the failure's class, for people. True where this changed whether the target
  // is left alone.
  bool Report(Target* target, HealthVerdict verdict, const HealthRule& rule, HealthOutcome outcome,
              std::string_view error, net::TimePoint now);

  // All targets that had a failure, by provider, model and key.
  std::vector<HealthReport> Reports(net::TimePoint now);

  TargetHealth();
  ~TargetHealth();

 private:
  std::mutex mutex_;  // of `targets_`; each target has one of its own
  std::map<std::string, std::unique_ptr<Target>, std::less<>> targets_;
};

// "healthy", "trial", "cooling".
std::string_view HealthVerdictName(HealthVerdict verdict);

}  // namespace junctor::engine
