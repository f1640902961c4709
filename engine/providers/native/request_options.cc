#include "engine/providers/native/request_options.h"

#include <array>
#include <charconv>
#include <utility>

namespace junctor::engine {
namespace {

constexpr std::string_view kTimeoutHeader = "cf-aig-request-timeout";
constexpr std::string_view kMaxAttemptsHeader = "cf-aig-max-attempts";
constexpr std::string_view kRetryDelayHeader = "cf-aig-retry-delay";
constexpr std::string_view kBackoffHeader = "cf-aig-backoff";

constexpr std::array<std::pair<std::string_view, Backoff>, 3> kBackoffs = {
    {{"constant", Backoff::kConstant},
     {"linear", Backoff::kLinear},
     {"exponential", Backoff::kExponential}}};

absl::Status Expected(const std::string& what, const std::string& found) {
  return absl::InvalidArgumentError("expected " + what + ", found `" + found + "`");
}

absl::Status CheckRange(uint64_t value, uint64_t least, uint64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return Expected("a whole number from " + std::to_string(least) + " to " + std::to_string(most),
                  std::to_string(value));
}

using SetNumber = absl::Status (*)(uint64_t value, OptionValues* options);

absl::Status Named(std::string_view header, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::InvalidArgumentError(std::string(header) + ": " + std::string(status.message()));
}

absl::Status ReadNumber(const net::HeaderList& headers, std::string_view name, SetNumber set,
                        OptionValues* options) {
  const std::string_view* text = headers.Find(name);
  if (text == nullptr) return absl::OkStatus();
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) {
    return Named(name, Expected("a whole number", std::string(*text)));
  }
  return Named(name, set(value, options));
}

template <typename Value>
void TakeIfUnset(const std::optional<Value>& value, std::optional<Value>* target) {
  if (!target->has_value()) *target = value;
}

}  // namespace

absl::Status SetTimeout(uint64_t milliseconds, OptionValues* options) {
  absl::Status status = CheckRange(milliseconds, 1, kMaxRequestTimeoutMs);
  if (status.ok()) options->timeout = std::chrono::milliseconds(milliseconds);
  return status;
}

absl::Status SetMaxAttempts(uint64_t attempts, OptionValues* options) {
  absl::Status status = CheckRange(attempts, 1, kMaxAttempts);
  if (status.ok()) options->max_attempts = static_cast<uint32_t>(attempts);
  return status;
}

absl::Status SetRetryDelay(uint64_t milliseconds, OptionValues* options) {
  absl::Status status = CheckRange(milliseconds, 0, kMaxRetryDelayMs);
  if (status.ok()) options->retry_delay = std::chrono::milliseconds(milliseconds);
  return status;
}

absl::Status SetBackoff(std::string_view name, OptionValues* options) {
  for (const auto& [word, backoff] : kBackoffs) {
    if (word != name) continue;
    options->backoff = backoff;
    return absl::OkStatus();
  }
  return Expected("`constant`, `linear` or `exponential`", std::string(name));
}

absl::StatusOr<OptionValues> ReadOptionHeaders(const net::HeaderList& headers) {
  OptionValues options;
  const std::array<std::pair<std::string_view, SetNumber>, 3> numbers = {
      {{kTimeoutHeader, SetTimeout},
       {kMaxAttemptsHeader, SetMaxAttempts},
       {kRetryDelayHeader, SetRetryDelay}}};
  for (const auto& [name, set] : numbers) {
    if (absl::Status status = ReadNumber(headers, name, set, &options); !status.ok()) return status;
  }
  if (const std::string_view* name = headers.Find(kBackoffHeader)) {
    if (absl::Status status = Named(kBackoffHeader, SetBackoff(*name, &options)); !status.ok()) {
      return status;
    }
  }
  return options;
}

RequestOptions ResolveOptions(std::initializer_list<OptionValues> by_precedence) {
  return ResolveOptions(std::span<const OptionValues>(by_precedence.begin(), by_precedence.size()));
}

RequestOptions ResolveOptions(std::span<const OptionValues> by_precedence) {
  OptionValues merged;
  for (const OptionValues& values : by_precedence) {
    TakeIfUnset(values.timeout, &merged.timeout);
    TakeIfUnset(values.max_attempts, &merged.max_attempts);
    TakeIfUnset(values.retry_delay, &merged.retry_delay);
    TakeIfUnset(values.backoff, &merged.backoff);
  }
  RequestOptions options;
  options.timeout = merged.timeout;
  options.max_attempts = merged.max_attempts.value_or(options.max_attempts);
  options.retry_delay = merged.retry_delay.value_or(options.retry_delay);
  options.backoff = merged.backoff.value_or(options.backoff);
  return options;
}

}  // namespace junctor::engine
