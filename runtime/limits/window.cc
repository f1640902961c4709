#include "runtime/limits/window.h"

namespace junctor {
namespace {

std::variant<FixedWindow, SlidingWindow> Fresh(WindowTechnique technique) {
  if (technique == WindowTechnique::kSliding) return SlidingWindow();
  return FixedWindow();
}

}  // namespace

WindowState::WindowState(WindowTechnique technique) : window_(Fresh(technique)) {}

WindowDecision WindowState::Admit(const WindowRule& rule, int64_t now_ns) {
  const bool is_sliding = std::holds_alternative<SlidingWindow>(window_);
  if (is_sliding != (rule.technique == WindowTechnique::kSliding)) window_ = Fresh(rule.technique);
  return std::visit([&](auto& window) { return window.Admit(rule, now_ns); }, window_);
}

int64_t WindowState::EmptyAt(const WindowRule& rule) const {
  return std::visit([&](const auto& window) { return window.EmptyAt(rule); }, window_);
}

WindowRule RuleOf(const LimitSpec& limit) {
  return {limit.technique, limit.limit, int64_t{limit.window_seconds} * kNanosecondsPerSecond};
}

}  // namespace junctor
