#include "tests/simulation/context.h"

namespace junctor::simulation {

const std::map<std::string, Break>& BreaksByName() {
  static const std::map<std::string, Break> breaks = {
      {"double-charge", Break::kDoubleCharge}, {"lose-charge", Break::kLoseCharge},
      {"leak-hold", Break::kLeakHold},         {"long-lease", Break::kLongLease},
      {"forget-window", Break::kForgetWindow}, {"admit-one-more", Break::kAdmitOneMore},
      {"refuse-early", Break::kRefuseEarly},   {"two-versions", Break::kTwoVersions},
      {"stale-time", Break::kStaleTime},       {"answer-twice", Break::kAnswerTwice},
      {"no-top-up", Break::kNoTopUp},
  };
  return breaks;
}

std::string Context::WindowName(uint64_t id) const {
  std::string text;
  for (const char c : window_names[id]) text += c >= ' ' && c <= '~' ? c : '.';
  return text;
}

uint64_t Context::WindowId(const std::string& name) {
  const auto [found, is_new] = window_ids.try_emplace(name, window_names.size());
  if (is_new) {
    window_names.push_back(name);
    accounts.emplace_back();
    if (trace.prints())
      trace.Say("window " + std::to_string(found->second) + " is " + WindowName(found->second));
  }
  return found->second;
}

}  // namespace junctor::simulation
