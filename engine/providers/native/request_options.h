// How one provider call is tried: its time limit and its repetitions, as the caller asks for them
// in headers or in an entry of the universal endpoint.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/net/http_types.h"
#include "runtime/program/program_parts.h"

namespace junctor::engine {

// An hour: no provider thinks longer.
inline constexpr uint64_t kMaxRequestTimeoutMs = 3'600'000;
inline constexpr uint64_t kMaxAttempts = 5;
inline constexpr uint64_t kMaxRetryDelayMs = 5000;

// What one place says; what it does not say is empty.
struct OptionValues {
  std::optional<std::chrono::milliseconds> timeout;      // until the first token
  std::optional<uint32_t> max_attempts;                  // 1 … 5, the first one included
  std::optional<std::chrono::milliseconds> retry_delay;  // at most 5 s
  std::optional<Backoff> backoff;
};

// What counts.
struct RequestOptions {
  std::optional<std::chrono::milliseconds> timeout;  // empty: the gateway's
  uint32_t max_attempts = 1;
  std::chrono::milliseconds retry_delay{100};
  Backoff backoff = Backoff::kExponential;
};

// Reads `cf-aig-request-timeout`, `cf-aig-max-attempts`, `cf-aig-retry-delay` (milliseconds) and
// `cf-aig-backoff`. InvalidArgument names the header, its value and what is expected.
absl::StatusOr<OptionValues> ReadOptionHeaders(const net::HeaderList& headers);

// What counts of several places, the one that beats the others first.
RequestOptions ResolveOptions(std::span<const OptionValues> by_precedence);
RequestOptions ResolveOptions(std::initializer_list<OptionValues> by_precedence);

// Fill one option from a value. InvalidArgument says what is expected and found, without the
// option's name.
absl::Status SetTimeout(uint64_t milliseconds, OptionValues* options);
absl::Status SetMaxAttempts(uint64_t attempts, OptionValues* options);
absl::Status SetRetryDelay(uint64_t milliseconds, OptionValues* options);
absl::Status SetBackoff(std::string_view name, OptionValues* options);

}  // namespace junctor::engine
