#include "engine/store/server_clock.h"

namespace junctor::engine {
namespace {

constexpr int64_t kMicrosecondNs = 1'000;
// Clocks run apart by less than one part in so many: those of computers by some ten millionths,
// while they are being set by half a thousandth.
constexpr int64_t kDriftPart = 1'000;

}  // namespace

int64_t ServerClock::Known::AheadAt(int64_t steady_ns) const {
  return ahead_ns - (steady_ns - since_ns) / kDriftPart;
}

void ServerClock::Learn(int64_t server_us, int64_t sent_ns, int64_t received_ns) {
  const int64_t server_ns = server_us * kMicrosecondNs;
  const int64_t least_ns = server_ns - received_ns;
  const int64_t most_ns = server_ns + kMicrosecondNs - sent_ns;
  if (known_.has_value()) {
    // A faster answer told more, unless the server's clock went back since.
    const int64_t ahead_ns = known_->AheadAt(received_ns);
    if (least_ns < ahead_ns && ahead_ns <= most_ns) return;
  }
  known_ = Known{least_ns, received_ns};
}

std::optional<int64_t> ServerClock::AtLeast(int64_t steady_ns) const {
  if (!known_.has_value()) return std::nullopt;
  return (steady_ns + known_->AheadAt(steady_ns)) / kMicrosecondNs;
}

}  // namespace junctor::engine
