#include "tests/simulation/provider.h"

#include <algorithm>
#include <array>

namespace junctor::simulation {
namespace {

constexpr std::array kErrors = {
    ErrorClass::kConnect,       ErrorClass::kReset,      ErrorClass::kRateLimit,
    ErrorClass::kQuota,         ErrorClass::kAuth,       ErrorClass::kOverloaded,
    ErrorClass::kServerError,   ErrorClass::kTimeout,    ErrorClass::kContextLength,
    ErrorClass::kContentFilter, ErrorClass::kBadRequest,
};

// Length of an answer where the request sets none: well below what is reserved for then.
constexpr uint64_t kUsualTokens = 1000;

}  // namespace

Attempt DrawAttempt(const ProviderFaults& faults, const ModelSpec& model, uint64_t body_bytes,
                    std::optional<uint64_t> max_tokens, Random* random) {
  Attempt attempt;
  const Time timeout = Time{model.timeout_ms} * kMillisecond;
  attempt.first_token = random->Between(5 * kMillisecond, 200 * kMillisecond);
  if (random->Percent(faults.slow_percent)) attempt.first_token = random->Between(0, 2 * timeout);
  const uint64_t input = engine::EstimateTokens(body_bytes);
  uint64_t output = 1 + random->Below(max_tokens.value_or(kUsualTokens));
  if (faults.exceeds_max_tokens && random->Percent(20)) output *= 3;
  attempt.usage.input = 1 + random->Below(std::max<uint64_t>(input, 1));
  attempt.usage.output = output;
  attempt.answer_bytes = output * engine::kBytesPerToken;
  attempt.tells_usage = !random->Percent(faults.silent_percent);
  attempt.tells_early = attempt.tells_usage && random->Percent(30);
  if (random->Percent(faults.fail_percent)) {
    attempt.error = kErrors[random->Below(kErrors.size())];
    attempt.tells_usage = random->Percent(faults.failed_usage_percent);
    attempt.tells_early = attempt.tells_usage;
    if (*attempt.error == ErrorClass::kRateLimit && random->Percent(50)) {
      attempt.retry_after_ms = random->Below(8000);
    }
    attempt.no_retry = random->Percent(5);
    if (*attempt.error == ErrorClass::kTimeout) attempt.first_token = timeout;
  }
  if (attempt.first_token >= timeout) {
    attempt.first_token = timeout;
    attempt.error = ErrorClass::kTimeout;
    attempt.retry_after_ms.reset();
    attempt.tells_usage = false;
    attempt.tells_early = false;
  }
  attempt.end = attempt.first_token + random->Between(0, 2 * kSecond);
  attempt.breaks = random->Percent(faults.break_percent);
  if (attempt.breaks) {
    attempt.answer_bytes = random->Below(attempt.answer_bytes + 1);
    attempt.tells_usage = attempt.tells_early;
  }
  return attempt;
}

const engine::PriceTable& SimPrices() {
  static const engine::PriceTable* const table = [] {
    return new engine::PriceTable(*engine::PriceTable::Parse(R"({"models":[
      {"provider":"openai","model":"sim-large","per_token_in":0.0000025,"per_token_out":0.00001},
      {"provider":"anthropic","model":"sim-medium","per_token_in":0.000001,
       "per_token_out":0.000005},
      {"provider":"openai","model":"sim-small","per_token_in":0.00000015,
       "per_token_out":0.0000006}]})"));
  }();
  return *table;
}

uint64_t SimCost(std::string_view model, uint64_t input_tokens, uint64_t output_tokens) {
  const auto* const found =
      std::find_if(std::begin(kSimModels), std::end(kSimModels),
                   [model](const SimModel& one) { return one.model == model; });
  return found == std::end(kSimModels)
             ? 0
             : input_tokens * found->input + output_tokens * found->output;
}

}  // namespace junctor::simulation
