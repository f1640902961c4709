// Time limits and repetitions that callers ask for in headers.
#include "engine/providers/native/request_options.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/providers/native/native_testing.h"

namespace junctor::engine {
namespace {

using std::chrono::milliseconds;

TEST(RequestOptionsTest, HeadersAreRead) {
  const auto options = ReadOptionHeaders(Headers({{"CF-AIG-Request-Timeout", "3600000"},
                                                  {"cf-aig-max-attempts", "5"},
                                                  {"cf-aig-retry-delay", "0"},
                                                  {"cf-aig-backoff", "linear"}}));
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->timeout, milliseconds(3600000));
  EXPECT_EQ(options->max_attempts, 5u);
  EXPECT_EQ(options->retry_delay, milliseconds(0));
  EXPECT_EQ(options->backoff, Backoff::kLinear);
}

TEST(RequestOptionsTest, HeadersThatAreNotThereSayNothing) {
  const auto options = ReadOptionHeaders({});
  ASSERT_TRUE(options.ok());
  EXPECT_FALSE(options->timeout || options->max_attempts || options->retry_delay ||
               options->backoff);
}

TEST(RequestOptionsTest, AWrongValueIsNamed) {
  const struct {
    const char* name;
    const char* value;
    const char* message;
  } kCases[] = {
      {"cf-aig-request-timeout", "0",
       "cf-aig-request-timeout: expected a whole number from 1 to 3600000, found `0`"},
      {"cf-aig-request-timeout", "3600001",
       "cf-aig-request-timeout: expected a whole number from 1 to 3600000, found `3600001`"},
      {"cf-aig-request-timeout", "5s",
       "cf-aig-request-timeout: expected a whole number, found `5s`"},
      {"cf-aig-request-timeout", "", "cf-aig-request-timeout: expected a whole number, found ``"},
      {"cf-aig-request-timeout", "-1",
       "cf-aig-request-timeout: expected a whole number, found `-1`"},
      {"cf-aig-request-timeout", "99999999999999999999",
       "cf-aig-request-timeout: expected a whole number, found `99999999999999999999`"},
      {"cf-aig-max-attempts", "6",
       "cf-aig-max-attempts: expected a whole number from 1 to 5, found `6`"},
      {"cf-aig-max-attempts", "0",
       "cf-aig-max-attempts: expected a whole number from 1 to 5, found `0`"},
      {"cf-aig-retry-delay", "5001",
       "cf-aig-retry-delay: expected a whole number from 0 to 5000, found `5001`"},
      {"cf-aig-backoff", "Linear",
       "cf-aig-backoff: expected `constant`, `linear` or `exponential`, found `Linear`"},
  };
  for (const auto& one : kCases) {
    const auto options = ReadOptionHeaders(Headers({{one.name, one.value}}));
    ASSERT_FALSE(options.ok()) << one.name << ": " << one.value;
    EXPECT_EQ(options.status().message(), one.message);
  }
}

TEST(RequestOptionsTest, WhereNothingIsSaidThereIsOneAttempt) {
  const RequestOptions options = ResolveOptions({});
  EXPECT_FALSE(options.timeout.has_value());
  EXPECT_EQ(options.max_attempts, 1u);
  EXPECT_EQ(options.retry_delay, milliseconds(100));
  EXPECT_EQ(options.backoff, Backoff::kExponential);
}

TEST(RequestOptionsTest, EachOptionComesFromTheFirstPlaceThatSaysIt) {
  OptionValues first;
  first.timeout = milliseconds(1);
  OptionValues second;
  second.timeout = milliseconds(2);
  second.max_attempts = 2;
  OptionValues third;
  third.max_attempts = 3;
  third.retry_delay = milliseconds(3);
  third.backoff = Backoff::kConstant;
  const RequestOptions options = ResolveOptions({first, second, third});
  EXPECT_EQ(options.timeout, milliseconds(1));
  EXPECT_EQ(options.max_attempts, 2u);
  EXPECT_EQ(options.retry_delay, milliseconds(3));
  EXPECT_EQ(options.backoff, Backoff::kConstant);
}

}  // namespace
}  // namespace junctor::engine
