#include "engine/gateway/rate_limit_state.h"

#include <algorithm>
#include <array>

namespace junctor::engine {
namespace {

constexpr std::array<std::string_view, 3> kHeaders = {
    "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"};

}  // namespace

void RateLimitState::Note(const LimitSpec& spec, const LimitVerdict& verdict) {
  // A limit of 0 is one that was not asked for lack of its store.
  if (spec.type != LimitType::kCount || verdict.limit == 0) return;
  if (has_limit_ &&
      (verdict.left > left_ || (verdict.left == left_ && verdict.reset_ms <= reset_ms_))) {
    return;
  }
  has_limit_ = true;
  left_ = verdict.left;
  reset_ms_ = verdict.reset_ms;
  limit_text_ = std::to_string(verdict.limit);
  left_text_ = std::to_string(left_);
  reset_text_ = DurationText(reset_ms_);
}

void RateLimitState::AppendHeaders(std::vector<net::HeaderView>* headers) const {
  if (!has_limit_) return;
  std::erase_if(*headers, [](const net::HeaderView& header) {
    return std::any_of(kHeaders.begin(), kHeaders.end(), [&header](std::string_view name) {
      return net::EqualsIgnoreCase(header.name, name);
    });
  });
  headers->push_back({kHeaders[0], limit_text_});
  headers->push_back({kHeaders[1], left_text_});
  headers->push_back({kHeaders[2], reset_text_});
}

std::string DurationText(uint64_t milliseconds) {
  if (milliseconds < 1000) return std::to_string(milliseconds) + "ms";
  const uint64_t seconds = (milliseconds + 999) / 1000;
  std::string text;
  if (seconds >= 3600) text += std::to_string(seconds / 3600) + "h";
  if (seconds >= 60) text += std::to_string(seconds / 60 % 60) + "m";
  return text + std::to_string(seconds % 60) + "s";
}

}  // namespace junctor::engine
