// Prices as text, to the last digit.
#include "engine/prices/money.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace junctor::engine {
namespace {

using Wide = absl::uint128;

TEST(Money, ReadsNumbersDigitByDigit) {
  struct Case {
    const char* text;
    AttoDollars price;
    bool exact;
  };
  const Case cases[] = {
      {"0", 0, true},
      {"-0", 0, true},
      {"0.0e5", 0, true},
      {"0e999999999999", 0, true},
      {"1", kAttoDollarsPerDollar, true},
      {"1.0", kAttoDollarsPerDollar, true},
      {"1.5e-07", 150'000'000'000, true},
      {"0.000001", 1'000'000'000'000, true},
      {"1E-6", 1'000'000'000'000, true},
      {"0.1e-5", 1'000'000'000'000, true},
      {"10.00e-7", 1'000'000'000'000, true},
      {"8.333333333E-8", 83'333'333'330, true},
      {"0.00003083333333", 30'833'333'330'000, true},
      {"1e-18", 1, true},
      {"0.999999999999999999", 999'999'999'999'999'999, true},
      // Beyond the 18th decimal: upwards, never to 0.
      {"1e-19", 1, false},
      {"1e-400", 1, false},
      {"1e-99999999999999999999", 1, false},
      {"0.0000001234567890123456789", 123'456'789'013, false},
      {"1.0000000000000000000e-6", 1'000'000'000'000, true},
      {"0.9999999999999999999", kAttoDollarsPerDollar, false},
      {"1000000e-6", kAttoDollarsPerDollar, true},
  };
  for (const Case& c : cases) {
    const auto parsed = ParsePrice(c.text, kMaxTokenPrice);
    ASSERT_TRUE(parsed.ok()) << c.text << ": " << parsed.status();
    EXPECT_EQ(parsed->price, c.price) << c.text;
    EXPECT_EQ(parsed->exact, c.exact) << c.text;
  }
}

TEST(Money, RefusesWhatIsNoPrice) {
  for (const char* text : {"",
                           "-",
                           "+1",
                           "01",
                           ".5",
                           "1.",
                           "1e",
                           "1e+",
                           "1.5x",
                           "NaN",
                           "Infinity",
                           "-1",
                           "-1e-30",
                           "0x10",
                           "1 ",
                           " 1",
                           "1,5",
                           "1.000000000000000001",
                           "2",
                           "1e1",
                           "1e999999999999999999999",
                           "123456789012345678901234567890",
                           "null",
                           "\"1\""}) {
    const auto parsed = ParsePrice(text, kMaxTokenPrice);
    EXPECT_FALSE(parsed.ok()) << text;
    if (parsed.ok()) continue;
    EXPECT_EQ(parsed.status().message(),
              "expected a number of dollars from 0 to 1, found `" + std::string(text) + "`");
  }
  EXPECT_EQ(ParsePrice(std::string(2000, '1'), kMaxTokenPrice).status().message(),
            "expected a number of at most 1024 digits, found 2000");
  EXPECT_EQ(ParsePrice("1" + std::string(99, '0'), kMaxTokenPrice).status().message(),
            "expected a number of dollars from 0 to 1, found `1" + std::string(39, '0') + "…`");
}

TEST(Money, RoundsUpOnceAndSaturates) {
  EXPECT_EQ(RoundUpToNanoDollars(0), 0);
  EXPECT_EQ(RoundUpToNanoDollars(1), 1);
  EXPECT_EQ(RoundUpToNanoDollars(kAttoDollarsPerNanoDollar), 1);
  EXPECT_EQ(RoundUpToNanoDollars(kAttoDollarsPerNanoDollar + 1), 2);
  EXPECT_EQ(RoundUpToNanoDollars(absl::Uint128Max()), std::numeric_limits<NanoDollars>::max());
}

TEST(Money, TextIsTheExactDecimal) {
  EXPECT_EQ(DollarsText(0), "0");
  EXPECT_EQ(DollarsText(1), "0.000000000000000001");
  EXPECT_EQ(DollarsText(kAttoDollarsPerDollar), "1");
  EXPECT_EQ(DollarsText(Wide(kAttoDollarsPerDollar) * 1200), "1200");
  EXPECT_EQ(DollarsText(150'000'000'000'000'000), "0.15");
  EXPECT_EQ(DollarsText(absl::Uint128Max()), "340282366920938463463.374607431768211455");
}

TEST(Money, TextReadsBackAsTheSamePrice) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const AttoDollars price = (random() >> (random() % 64)) % (kMaxTokenPrice + 1);
    const auto parsed = ParsePrice(DollarsText(price), kMaxTokenPrice);
    ASSERT_TRUE(parsed.ok()) << price;
    EXPECT_EQ(parsed->price, price);
    EXPECT_TRUE(parsed->exact);
    // The same with an exponent.
    const auto shifted = ParsePrice(std::to_string(price) + "e-18", kMaxTokenPrice);
    ASSERT_TRUE(shifted.ok()) << price;
    EXPECT_EQ(shifted->price, price);
  }
}

}  // namespace
}  // namespace junctor::engine
