// Where a version that decides in the shadow differs from the one that serves: the data plane
// reports each pair of decisions, the admin API reads the sums.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace junctor::engine {

// Pairs kept as examples of one deployment: the newest.
inline constexpr size_t kMaxShadowExamples = 20;
// Deployments that are counted at once; beyond it the one that was reported on least recently is
// forgotten. One takes some kilobytes.
inline constexpr size_t kMaxShadowDeployments = 1000;

// What one version decided for a request.
struct RouteDecision {
  uint64_t version = 0;  // the version's number
  std::string outcome;   // "call", "limited", "no_model_response"
  std::string element;   // those that called, and that refused, in order: "first, second"
  std::string model;     // of each call: "openai/gpt-5, anthropic/claude-sonnet-4-5"

  // Whether the caller could notice: another outcome or other models. An element of another name
  // that calls the same model is the same decision.
  bool SameAs(const RouteDecision& other) const {
    return outcome == other.outcome && model == other.model;
  }
};

// Counts decisions by shadow deployment, of this process since its start. Thread-safe.
class ShadowDifferences {
 public:
  struct Example {
    int64_t at_ms = 0;  // Unix milliseconds
    std::string log_id;
    RouteDecision live;
    RouteDecision shadow;
  };
  struct Counts {
    uint64_t compared = 0;
    uint64_t different = 0;
    std::vector<Example> examples;  // of differences, newest first
  };

  // Both versions decided the request `log_id` at `at_ms`.
  void Record(std::string_view deployment_id, std::string_view log_id, int64_t at_ms,
              const RouteDecision& live, const RouteDecision& shadow);

  // What was counted for a deployment; all 0 where nothing was.
  Counts Of(std::string_view deployment_id) const;

 private:
  struct Deployment {
    uint64_t compared = 0;
    uint64_t different = 0;
    uint64_t last_report = 0;
    std::deque<Example> examples;  // oldest first
  };

  void ForgetOldest();

  mutable std::mutex mutex_;
  uint64_t reports_ = 0;                                        // guarded by mutex_
  std::map<std::string, Deployment, std::less<>> deployments_;  // guarded by mutex_
};

}  // namespace junctor::engine
