// Counting under one lock: a report is a look-up and two additions, and only requests of routes
// with a shadow make one.
#include "engine/observe/shadow_differences.h"

#include <algorithm>

namespace junctor::engine {

void ShadowDifferences::Record(std::string_view deployment_id, std::string_view log_id,
                               int64_t at_ms, const RouteDecision& live,
                               const RouteDecision& shadow) {
  const bool same = live.SameAs(shadow);
  const std::lock_guard lock(mutex_);
  auto found = deployments_.find(deployment_id);
  if (found == deployments_.end()) {
    if (deployments_.size() == kMaxShadowDeployments) ForgetOldest();
    found = deployments_.try_emplace(std::string(deployment_id)).first;
  }
  Deployment& deployment = found->second;
  deployment.last_report = ++reports_;
  ++deployment.compared;
  if (same) return;
  ++deployment.different;
  if (deployment.examples.size() == kMaxShadowExamples) deployment.examples.pop_front();
  deployment.examples.push_back({at_ms, std::string(log_id), live, shadow});
}

ShadowDifferences::Counts ShadowDifferences::Of(std::string_view deployment_id) const {
  Counts counts;
  const std::lock_guard lock(mutex_);
  const auto found = deployments_.find(deployment_id);
  if (found == deployments_.end()) return counts;
  counts.compared = found->second.compared;
  counts.different = found->second.different;
  counts.examples.assign(found->second.examples.rbegin(), found->second.examples.rend());
  return counts;
}

void ShadowDifferences::ForgetOldest() {
  deployments_.erase(std::min_element(
      deployments_.begin(), deployments_.end(),
      [](const auto& a, const auto& b) { return a.second.last_report < b.second.last_report; }));
}

}  // namespace junctor::engine
