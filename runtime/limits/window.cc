#include "runtime/limits/window.h"

#include <optional>
#include <type_traits>
#include <utility>

namespace junctor {
namespace {

// What to count in once a form is full.
template <typename Window>
struct NextForm {
  using Type = Window;  // the last form
};
template <>
struct NextForm<ExactWindow<8>> {
  using Type = ExactWindow<16>;
};
template <>
struct NextForm<ExactWindow<16>> {
  using Type = ExactWindow<32>;
};
template <>
struct NextForm<ExactWindow<32>> {
  using Type = ExactWindow<64>;
};
template <>
struct NextForm<SliceWindow<uint8_t>> {
  using Type = SliceWindow<uint16_t>;
};
template <>
struct NextForm<SliceWindow<uint16_t>> {
  using Type = SliceWindow<uint32_t>;
};
template <>
struct NextForm<SliceWindow<uint32_t>> {
  using Type = SliceWindow<uint64_t>;
};

template <typename To, typename From>
To Restored(To to, const WindowRule& rule, const From& from) {
  from.ForEach([&](int64_t time_ns, uint64_t count) { to.Restore(rule, time_ns, count); });
  return to;
}

template <typename Count>
auto GrownForm(const WindowRule& rule, const SliceWindow<Count>& window) {
  using Wider = typename NextForm<SliceWindow<Count>>::Type;
  return Restored(Wider(rule, window.newest_ns()), rule, window);
}

}  // namespace

WindowState::WindowState(WindowTechnique technique) : window_(Fresh(technique)) {}

WindowState::Window WindowState::Fresh(WindowTechnique technique) {
  if (technique == WindowTechnique::kSliding) return ExactWindow<8>();
  return FixedWindow();
}

WindowState::Window WindowState::Grown(const WindowRule& rule, const Window& window) {
  return std::visit(
      [&rule](const auto& from) -> Window {
        using From = std::decay_t<decltype(from)>;
        if constexpr (std::is_same_v<From, FixedWindow>) {
          return from;
        } else if constexpr (requires { from.window_ns(); }) {
          // Slices of another length may fall together: only the widest numbers surely hold them.
          if (from.window_ns() != rule.window_ns) {
            return Restored(SliceWindow<uint64_t>(rule, from.newest_ns()), rule, from);
          }
          return GrownForm(rule, from);
        } else {
          using Larger = typename NextForm<From>::Type;
          if (rule.limit <= kMaxExactLimit) {
            return Restored(Larger(from.newest_ns()), rule, from);
          }
          return Restored(SliceWindow<uint8_t>(rule, from.newest_ns()), rule, from);
        }
      },
      window);
}

WindowDecision WindowState::Admit(const WindowRule& rule, int64_t now_ns) {
  const bool is_sliding = !std::holds_alternative<FixedWindow>(window_);
  if (is_sliding != (rule.technique == WindowTechnique::kSliding)) window_ = Fresh(rule.technique);
  while (true) {
    const std::optional<WindowDecision> decision = std::visit(
        [&](auto& window) -> std::optional<WindowDecision> { return window.Admit(rule, now_ns); },
        window_);
    if (decision.has_value()) return *decision;
    window_ = Grown(rule, window_);
  }
}

uint64_t WindowState::Counted(const WindowRule& rule, int64_t now_ns) {
  return std::visit([&](auto& window) { return window.Counted(rule, now_ns); }, window_);
}

int64_t WindowState::EmptyAt(const WindowRule& rule) const {
  return std::visit([&](const auto& window) { return window.EmptyAt(rule); }, window_);
}

WindowRule RuleOf(const LimitSpec& limit) {
  return {limit.technique, limit.limit, int64_t{limit.window_seconds} * kNanosecondsPerSecond};
}

}  // namespace junctor
