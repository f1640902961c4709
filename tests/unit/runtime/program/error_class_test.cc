#include "runtime/program/error_class.h"

#include "gtest/gtest.h"

namespace junctor {
namespace {

TEST(ErrorClass, NamesAndParsesEveryClass) {
  for (uint8_t i = 0; i < kErrorClassCount; ++i) {
    const auto error = static_cast<ErrorClass>(i);
    EXPECT_EQ(ParseErrorClass(ErrorClassName(error)), error);
  }
  EXPECT_EQ(ErrorClassName(ErrorClass::kRateLimit), "rate_limit");
  EXPECT_EQ(ParseErrorClass("ratelimit"), std::nullopt);
}

TEST(ErrorClass, R21_RetriesByDefault) {
  const ErrorClassSet with_fallback = Only(ErrorClass::kConnect) | Only(ErrorClass::kReset) |
                                      Only(ErrorClass::kRateLimit) | Only(ErrorClass::kOverloaded) |
                                      Only(ErrorClass::kServerError);
  EXPECT_EQ(DefaultRetryOn(true), with_fallback);
  EXPECT_EQ(DefaultRetryOn(false), with_fallback | Only(ErrorClass::kTimeout));
}

TEST(ErrorClass, R21_FallsBackByDefaultOnAllButContentFilter) {
  for (uint8_t i = 0; i < kErrorClassCount; ++i) {
    const auto error = static_cast<ErrorClass>(i);
    EXPECT_EQ(Contains(DefaultFallbackOn(), error), error != ErrorClass::kContentFilter);
  }
}

}  // namespace
}  // namespace junctor
