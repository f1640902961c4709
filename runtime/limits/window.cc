#include "runtime/limits/window.h"

#include <algorithm>
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

// Calls visit(time, count) for what a sliding form counts; not at all for a fixed window.
template <typename Form, typename Visit>
void ForEachSliding(const Form& form, Visit visit) {
  std::visit(
      [&visit](const auto& window) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(window)>, FixedWindow>) {
          window.ForEach(visit);
        }
      },
      form);
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

WindowState::Window WindowState::Turned(const WindowRule& rule, int64_t now_ns) const {
  if (const auto* fixed = std::get_if<FixedWindow>(&window_)) {
    if (fixed->count() == 0 || fixed->latest_ns() <= now_ns - rule.window_ns) {
      return Fresh(rule.technique);
    }
    TimedAmounts counts;
    counts.technique = rule.technique;
    counts.items.push_back({fixed->latest_ns(), fixed->count()});
    return SlidingOf(rule, counts);
  }
  const int64_t start_ns = FloorDivide(now_ns, rule.window_ns) * rule.window_ns;
  int64_t latest_ns = start_ns;
  uint64_t counted = 0;
  ForEachSliding(window_, [&](int64_t time_ns, uint64_t count) {
    if (time_ns < start_ns) return;
    latest_ns = time_ns;
    counted = SaturatingAdd(counted, count);
  });
  return FixedWindow(latest_ns, counted);
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
  Turn(rule, now_ns);
  while (true) {
    const std::optional<WindowDecision> decision = std::visit(
        [&](auto& window) -> std::optional<WindowDecision> { return window.Admit(rule, now_ns); },
        window_);
    if (decision.has_value()) return *decision;
    window_ = Grown(rule, window_);
  }
}

WindowUse WindowState::UseAt(const WindowRule& rule, int64_t now_ns) {
  Turn(rule, now_ns);
  return std::visit(
      [&](auto& window) -> WindowUse {
        if constexpr (std::is_same_v<std::decay_t<decltype(window)>, FixedWindow>) {
          return window.UseAt(rule, now_ns);
        } else {
          const uint64_t counted = window.Counted(rule, now_ns);
          return {counted, window.EmptyAt(rule)};
        }
      },
      window_);
}

int64_t WindowState::EmptyAt(const WindowRule& rule) const {
  return std::visit([&](const auto& window) { return window.EmptyAt(rule); }, window_);
}

void WindowState::Encode(std::string* out) const {
  TimedAmounts counts;
  if (const auto* fixed = std::get_if<FixedWindow>(&window_)) {
    counts.technique = WindowTechnique::kFixed;
    if (fixed->count() > 0) counts.items.push_back({fixed->latest_ns(), fixed->count()});
  } else {
    counts.technique = WindowTechnique::kSliding;
    ForEachSliding(window_, [&counts](int64_t time_ns, uint64_t count) {
      counts.items.push_back({time_ns, count});
    });
  }
  counts.AppendTo(out);
}

bool WindowState::Decode(const WindowRule& rule, std::string_view bytes) {
  const std::optional<TimedAmounts> counts = TimedAmounts::Read(bytes);
  if (!counts.has_value()) return false;
  // By the technique that it was written with: Admit turns it, as it does after a deployment.
  if (counts->items.empty()) {
    window_ = Fresh(counts->technique);
  } else if (counts->technique == WindowTechnique::kFixed) {
    window_ = FixedWindow(counts->items.back().time_ns, counts->items.back().amount);
  } else {
    window_ = SlidingOf(rule, *counts);
  }
  return true;
}

WindowState::Window WindowState::SlidingOf(const WindowRule& rule, const TimedAmounts& counts) {
  Window sliding = WithRoomFor(rule, counts);
  std::visit(
      [&](auto& window) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(window)>, FixedWindow>) {
          for (const TimedAmounts::Item& item : counts.items) {
            window.Restore(rule, item.time_ns, item.amount);
          }
        }
      },
      sliding);
  return sliding;
}

WindowState::Window WindowState::WithRoomFor(const WindowRule& rule, const TimedAmounts& counts) {
  const int64_t newest_ns = counts.items.back().time_ns;
  uint64_t total = 0;
  uint64_t in_slice = 0;
  uint64_t most_in_slice = 0;
  int64_t slice = INT64_MIN;
  for (const TimedAmounts::Item& item : counts.items) {
    total = SaturatingAdd(total, item.amount);
    const int64_t of_item = SliceOf(item.time_ns, rule.window_ns);
    in_slice = of_item == slice ? SaturatingAdd(in_slice, item.amount) : item.amount;
    slice = of_item;
    most_in_slice = std::max(most_in_slice, in_slice);
  }
  if (total <= 8) return ExactWindow<8>(newest_ns);
  if (rule.limit <= kMaxExactLimit && total <= 16) return ExactWindow<16>(newest_ns);
  if (rule.limit <= kMaxExactLimit && total <= 32) return ExactWindow<32>(newest_ns);
  if (rule.limit <= kMaxExactLimit && total <= 64) return ExactWindow<64>(newest_ns);
  if (most_in_slice <= UINT8_MAX) return SliceWindow<uint8_t>(rule, newest_ns);
  if (most_in_slice <= UINT16_MAX) return SliceWindow<uint16_t>(rule, newest_ns);
  if (most_in_slice <= UINT32_MAX) return SliceWindow<uint32_t>(rule, newest_ns);
  return SliceWindow<uint64_t>(rule, newest_ns);
}

WindowRule RuleOf(const LimitSpec& limit) {
  return {limit.technique, limit.limit, int64_t{limit.window_seconds} * kNanosecondsPerSecond};
}

}  // namespace junctor
