#include "runtime/interp/retry_policy.h"

#include "gtest/gtest.h"
#include "runtime/program/retry_rules.h"

namespace junctor {
namespace {

constexpr uint64_t kLowest = 0;
constexpr uint64_t kMiddle = uint64_t{1} << 63;
constexpr uint64_t kHighest = ~uint64_t{0};

ModelSpec Model(Backoff backoff, uint32_t delay_ms) {
  ModelSpec model;
  model.retries = 5;
  model.backoff = backoff;
  model.retry_delay_ms = delay_ms;
  model.retry_on = DefaultRetryOn(false);
  model.fallback_on = DefaultFallbackOn();
  return model;
}

TEST(R19, DelaysGrowAsTheBackoffSays) {
  const struct {
    Backoff backoff;
    uint32_t expected[5];
  } cases[] = {{Backoff::kConstant, {100, 100, 100, 100, 100}},
               {Backoff::kLinear, {100, 200, 300, 400, 500}},
               {Backoff::kExponential, {100, 200, 400, 800, 1600}}};
  for (const auto& c : cases) {
    for (uint32_t attempt = 0; attempt < 5; ++attempt) {
      EXPECT_EQ(DelayBeforeRetry(Model(c.backoff, 100), {attempt, ErrorClass::kReset, {}, kMiddle}),
                c.expected[attempt]);
    }
  }
}

TEST(R21, DelaysCarryAQuarterOfJitterEitherWay) {
  const ModelSpec model = Model(Backoff::kConstant, 1000);
  EXPECT_EQ(DelayBeforeRetry(model, {0, ErrorClass::kReset, {}, kLowest}), 750u);
  EXPECT_EQ(DelayBeforeRetry(model, {0, ErrorClass::kReset, {}, kMiddle}), 1000u);
  EXPECT_EQ(DelayBeforeRetry(model, {0, ErrorClass::kReset, {}, kHighest}), 1250u);
  EXPECT_EQ(
      DelayBeforeRetry(Model(Backoff::kExponential, 5000), {4, ErrorClass::kReset, {}, kHighest}),
      100'000u);
}

TEST(R21, RetryAfterReplacesTheDelayUpToFiveSeconds) {
  const ModelSpec model = Model(Backoff::kExponential, 100);
  EXPECT_EQ(DelayBeforeRetry(model, {0, ErrorClass::kRateLimit, 0, kHighest}), 0u);
  EXPECT_EQ(DelayBeforeRetry(model, {3, ErrorClass::kRateLimit, 2000, kHighest}), 2000u);
  EXPECT_EQ(DelayBeforeRetry(model, {0, ErrorClass::kOverloaded, 5000, kLowest}), 5000u);
  EXPECT_EQ(DelayBeforeRetry(model, {0, ErrorClass::kRateLimit, 5001, kLowest}), std::nullopt);
  EXPECT_EQ(DelayBeforeRetry(model, {0, ErrorClass::kRateLimit, ~uint64_t{0}, kLowest}),
            std::nullopt);
}

TEST(R21, OnlyTheClassesThatAreRetriedAreRetriedAndOnlyAsOftenAsRetriesSay) {
  ModelSpec model = Model(Backoff::kConstant, 100);
  EXPECT_FALSE(DelayBeforeRetry(model, {0, ErrorClass::kAuth, {}, 0}).has_value());
  EXPECT_FALSE(DelayBeforeRetry(model, {5, ErrorClass::kReset, {}, 0}).has_value());
  model.retries = 0;
  EXPECT_FALSE(DelayBeforeRetry(model, {0, ErrorClass::kReset, {}, 0}).has_value());
}

TEST(R21, TheFallbackIsForItsClassesOnly) {
  ModelSpec model = Model(Backoff::kConstant, 100);
  EXPECT_FALSE(LeadsToFallback(model, ErrorClass::kReset));
  model.has_fallback = true;
  EXPECT_TRUE(LeadsToFallback(model, ErrorClass::kReset));
  EXPECT_FALSE(LeadsToFallback(model, ErrorClass::kContentFilter));
}

TEST(R22, BrokenStreamsGoByThePolicyWhateverRetryOnSays) {
  ModelSpec model = Model(Backoff::kConstant, 100);
  model.has_fallback = true;
  const FailedAttempt broken{0, ErrorClass::kStream, {}, kMiddle};
  for (const ErrorClassSet retry_on : {ErrorClassSet{0}, Only(ErrorClass::kStream)}) {
    model.retry_on = retry_on;
    model.on_stream_failure = StreamFailurePolicy::kError;
    EXPECT_EQ(DelayBeforeRetry(model, broken), std::nullopt);
    EXPECT_FALSE(LeadsToFallback(model, ErrorClass::kStream));
    EXPECT_EQ(MaxAttempts(model), 1u);
    for (const auto policy : {StreamFailurePolicy::kContinue, StreamFailurePolicy::kHold}) {
      model.on_stream_failure = policy;
      EXPECT_EQ(DelayBeforeRetry(model, broken), 100u);
      EXPECT_EQ(DelayBeforeRetry(model, {5, ErrorClass::kStream, {}, kMiddle}), std::nullopt);
      EXPECT_TRUE(LeadsToFallback(model, ErrorClass::kStream));
      EXPECT_EQ(MaxAttempts(model), 6u);
      EXPECT_EQ(MaxAttemptsToFirstToken(model), 1u);
    }
  }
  model.fallback_on = Only(ErrorClass::kReset);
  EXPECT_FALSE(LeadsToFallback(model, ErrorClass::kStream)) << "fallbackOn keeps its say";
}

}  // namespace
}  // namespace junctor
