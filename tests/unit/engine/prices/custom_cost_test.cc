// The header cf-aig-custom-cost.
#include "engine/prices/custom_cost.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/prices/cost.h"

namespace junctor::engine {
namespace {

constexpr char kExample[] = "; known are `per_token_in`, `per_token_out`, `per_request`";

TEST(CustomCost, TakesTheDocumentedForm) {
  const auto cost = ParseCustomCost(R"({"per_token_in":0.000001,"per_token_out":0.000002})");
  ASSERT_TRUE(cost.ok()) << cost.status();
  EXPECT_EQ((*cost)[PriceKind::kInput], 1'000'000'000'000U);
  EXPECT_EQ((*cost)[PriceKind::kOutput], 2'000'000'000'000U);
  EXPECT_EQ((*cost)[PriceKind::kRequest], std::nullopt);
}

TEST(CustomCost, PricesAllTokensAlike) {
  const auto cost =
      ParseCustomCost(R"( { "per_token_in" : 1e-6 , "per_token_out":2E-6, "per_request":0.5 } )");
  ASSERT_TRUE(cost.ok()) << cost.status();
  Usage usage;
  usage.input = 1000;
  usage.cached_read = 400;
  usage.cache_write = 100;
  usage.output = 100;
  usage.reasoning = 50;
  const Cost total = CostOf(*cost, usage);
  EXPECT_EQ(total.amount, 1'000'000 + 200'000 + 500'000'000);
  EXPECT_TRUE(total.complete);
}

TEST(CustomCost, WhatIsNotGivenIsFree) {
  const auto cost = ParseCustomCost(R"({"per_token_in":0.5})");
  ASSERT_TRUE(cost.ok()) << cost.status();
  EXPECT_EQ((*cost)[PriceKind::kOutput], 0U);
}

TEST(CustomCost, AnyNumberOfDecimals) {
  const auto cost =
      ParseCustomCost(R"({"per_token_in":0.00000012345678901,"per_token_out":1e-300})");
  ASSERT_TRUE(cost.ok()) << cost.status();
  EXPECT_EQ((*cost)[PriceKind::kInput], 123'456'789'010U);
  EXPECT_EQ((*cost)[PriceKind::kOutput], 1U);  // upwards: not free
}

TEST(CustomCost, SaysWhatIsWrong) {
  const std::string not_object =
      "expected a JSON object with `per_token_in`, `per_token_out`, `per_request`, for example "
      "{\"per_token_in\":0.000001,\"per_token_out\":0.000002}";
  const std::string number = "expected a number of dollars from 0 to 1, found ";
  struct Case {
    std::string header;
    std::string message;
  };
  const Case cases[] = {
      {"", not_object},
      {"x", not_object},
      {"1", not_object},
      {"[]", not_object},
      {"{}", not_object},
      {"null", not_object},
      {"{", not_object},
      {R"({"per_token_in":1)", not_object},
      {R"({"per_token_in":0.1} x)", not_object},
      {R"({"per_token_in":0.1}{})", not_object},
      {R"({"per_token_in" 0.1})", not_object},
      {"{\"\xff\":1}", not_object},
      {std::string(100'000, '['), "expected at most 4096 bytes, found 100000"},
      {std::string(4096, '['), not_object},
      {R"({"per_token_inn":0.1})", "unknown key `per_token_inn`" + std::string(kExample)},
      {R"({"per_token_cached_in":0.1})",
       "unknown key `per_token_cached_in`" + std::string(kExample)},
      {"{\"" + std::string(100, 'a') + "\":1}",
       "unknown key `" + std::string(40, 'a') + "`" + kExample},
      {R"({"per_token_in":0.1,"per_token_in":0.2})", "`per_token_in`: given twice"},
      {R"({"per_token_in":-0.1})", "`per_token_in`: " + number + "`-0.1`"},
      {R"({"per_token_out":1.5})", "`per_token_out`: " + number + "`1.5`"},
      {R"({"per_token_out":3})", "`per_token_out`: " + number + "`3`"},
      {R"({"per_token_out":1e999})", "`per_token_out`: " + number + "`1e999`"},
      {R"({"per_token_in":NaN})", "`per_token_in`: " + number + "`NaN`"},
      {R"({"per_token_in":Infinity})", "`per_token_in`: " + number + "`Infinity`"},
      {R"({"per_token_in":"0.1"})", "`per_token_in`: " + number + "a string"},
      {R"({"per_token_in":null})", "`per_token_in`: " + number + "`null`"},
      {R"({"per_token_in":true})", "`per_token_in`: " + number + "`true`"},
      {R"({"per_token_in":[1]})", "`per_token_in`: " + number + "an array"},
      {R"({"per_token_in":{}})", "`per_token_in`: " + number + "an object"},
      {R"({"per_token_in":01})", "`per_token_in`: " + number + "`01`"},
      {R"({"per_token_in":0.1.2})", "`per_token_in`: " + number + "`0.1.2`"},
      {R"({"per_request":11})",
       "`per_request`: expected a number of dollars from 0 to 10, found `11`"},
  };
  for (const Case& c : cases) {
    const auto cost = ParseCustomCost(c.header);
    EXPECT_EQ(cost.status().code(), absl::StatusCode::kInvalidArgument) << c.header;
    EXPECT_EQ(cost.status().message(), "cf-aig-custom-cost: " + c.message) << c.header;
  }
}

}  // namespace
}  // namespace junctor::engine
