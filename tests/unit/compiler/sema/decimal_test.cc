// Exact decimals (R12, R14).
#include "compiler/sema/decimal.h"

#include <gtest/gtest.h>

namespace junctor::compiler {
namespace {

TEST(Decimal, ScalesExactly) {
  const struct {
    const char* text;
    int decimals;
    DecimalFit fit;
    uint64_t value;
  } cases[] = {
      {"0", 4, DecimalFit::kExact, 0},
      {"-0.0", 4, DecimalFit::kExact, 0},
      {"5", 0, DecimalFit::kExact, 5},
      {"5.0", 0, DecimalFit::kExact, 5},
      {"5e0", 0, DecimalFit::kExact, 5},
      {"500e-2", 0, DecimalFit::kExact, 5},
      {"0.05E2", 0, DecimalFit::kExact, 5},
      {"33.3333", 4, DecimalFit::kExact, 333333},
      {"0.1", 9, DecimalFit::kExact, 100'000'000},
      {"33.33333", 4, DecimalFit::kTooPrecise, 0},
      {"1e-999999999999999999999", 4, DecimalFit::kTooPrecise, 0},
      {"-1", 4, DecimalFit::kNegative, 0},
      {"1e999999999999999999999", 4, DecimalFit::kTooLarge, 0},
      {"9223372036854775807", 0, DecimalFit::kExact, 9223372036854775807u},
  };
  for (const auto& c : cases) {
    const ScaledDecimal scaled = ScaleDecimal(c.text, c.decimals);
    EXPECT_EQ(scaled.fit, c.fit) << c.text;
    EXPECT_EQ(scaled.value, c.value) << c.text;
  }
}

TEST(Decimal, PrintsShortly) {
  EXPECT_EQ(DecimalText(50'000, 4), "5");
  EXPECT_EQ(DecimalText(1, 4), "0.0001");
  EXPECT_EQ(DecimalText(333'000, 4), "33.3");
  EXPECT_EQ(DecimalText(0, 4), "0");
  EXPECT_EQ(DecimalText(1'000'000, 4), "100");
}

}  // namespace
}  // namespace junctor::compiler
