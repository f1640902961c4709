// What is held for a request and what its calls charge, against a real store of limits (R16).
#include "engine/gateway/spending.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "engine/limits/limit_store.h"

namespace junctor::engine {
namespace {

constexpr int64_t kStart = int64_t{1'800'000'000} * 1'000'000'000;

// One budget of `limit` nano-dollars, and a request that passed it holding `bound`. Tokens of the
// model cost a nano-dollar each.
class Budget {
 public:
  explicit Budget(uint64_t limit, bool reserve = true) : table_(*PriceTable::Parse(kPrices)) {
    spec_.type = LimitType::kCost;
    spec_.limit = limit;
    spec_.window_seconds = 3600;
    spec_.reserve = reserve;
    book_.table = &table_;
  }

  LimitAsk Ask(uint64_t estimate) const {
    LimitAsk ask;
    ask.name = {"g", "r", "budget"};
    ask.key = "key";
    ask.spec = &spec_;
    ask.estimate = estimate;
    return ask;
  }

  bool Pass(Spending* spending, uint64_t bound) {
    LimitVerdict verdict;
    store_.Ask(Ask(bound), kStart, &verdict);
    spending->Add(Ask(bound), std::move(verdict.ticket), kStart);
    return verdict.answer.admitted;
  }

  // Asks for what a further call needs, as the flow does; whether it may be made.
  bool Prepare(Spending* spending, uint64_t bound) {
    for (const TopUp& top_up : spending->MissingFor(bound, kStart)) {
      asked_ = top_up.ask.estimate;
      LimitVerdict verdict;
      store_.Ask(top_up.ask, kStart, &verdict);
      if (!verdict.answer.admitted) return false;
      spending->AddHold(top_up, std::move(verdict.ticket), kStart);
    }
    return true;
  }

  void Charge(Spending* spending, CallClaim* claim, uint64_t tokens) {
    Usage usage;
    usage.input = 0;
    usage.output = tokens;
    spending->Charge(claim, "openai", "penny", usage, 0, 0, kStart);
  }

  std::string Row() {
    const LimitSnapshot snapshot = store_.Snapshot("g", "r", 10, kStart);
    if (snapshot.rows.empty()) return "nothing";
    return std::to_string(snapshot.rows[0].spent) + " spent " +
           std::to_string(snapshot.rows[0].held) + " held";
  }

  Spending New() {
    return Spending(&store_, book_, std::nullopt, SpendLimits(nullptr, "g", nullptr));
  }
  // What was asked for last.
  uint64_t asked() const { return asked_; }

 private:
  static constexpr char kPrices[] = R"({"models":[{"provider":"openai","model":"penny",
      "per_token_in":0.000000001,"per_token_out":0.000000001}]})";

  PriceTable table_;
  PriceBook book_;
  LimitSpec spec_;
  LimitStore store_;
  uint64_t asked_ = 0;
};

TEST(Spending, ACallSideBySideHoldsItsOwnShare) {
  Budget budget(250);
  {
    Spending spending = budget.New();
    ASSERT_TRUE(budget.Pass(&spending, 100));
    CallClaim first, second, third;
    ASSERT_TRUE(budget.Prepare(&spending, 100));
    EXPECT_EQ(budget.asked(), 0u) << "what the request passed with serves its first call";
    spending.Begin(100, &first);
    ASSERT_TRUE(budget.Prepare(&spending, 100));
    EXPECT_EQ(budget.asked(), 100u);
    spending.Begin(100, &second);
    EXPECT_EQ(budget.Row(), "0 spent 200 held");
    EXPECT_FALSE(budget.Prepare(&spending, 100)) << "50 are left";
    EXPECT_TRUE(budget.Prepare(&spending, 50));
    spending.Begin(50, &third);
    budget.Charge(&spending, &second, 90);
    EXPECT_EQ(budget.Row(), "90 spent 160 held");
    budget.Charge(&spending, &first, 100);
    budget.Charge(&spending, &third, 50);
    EXPECT_EQ(budget.Row(), "240 spent 10 held");
  }
  EXPECT_EQ(budget.Row(), "240 spent 0 held");
}

TEST(Spending, AFurtherCallAsksForWhatWasUsed) {
  Budget budget(1000);
  Spending spending = budget.New();
  ASSERT_TRUE(budget.Pass(&spending, 100));
  CallClaim claim;
  spending.Begin(100, &claim);
  spending.Release(&claim);
  ASSERT_TRUE(budget.Prepare(&spending, 100));
  EXPECT_EQ(budget.asked(), 0u) << "a failed attempt that used nothing leaves the hold as it was";
  spending.Begin(100, &claim);
  budget.Charge(&spending, &claim, 30);
  ASSERT_TRUE(budget.Prepare(&spending, 100));
  EXPECT_EQ(budget.asked(), 30u);
  EXPECT_EQ(budget.Row(), "30 spent 100 held");
  spending.Begin(100, &claim);
  budget.Charge(&spending, &claim, 100);
  EXPECT_EQ(budget.Row(), "130 spent 0 held");
}

TEST(Spending, AnEstimateIsNoMoreThanTheCallCanCost) {
  Budget budget(1000);
  Spending spending = budget.New();
  ASSERT_TRUE(budget.Pass(&spending, 100));
  CallClaim claim;
  spending.Begin(100, &claim);
  spending.Charge(&claim, "openai", "penny", std::nullopt, 400, 4000, kStart);
  EXPECT_EQ(budget.Row(), "100 spent 0 held");
  EXPECT_TRUE(spending.is_estimated());
}

TEST(Spending, WhatNoHoldCoversIsCountedAllTheSame) {
  Budget budget(1000);
  Spending spending = budget.New();
  ASSERT_TRUE(budget.Pass(&spending, 100));
  CallClaim first, second;
  spending.Begin(100, &first);
  ASSERT_TRUE(budget.Prepare(&spending, 100));
  spending.Begin(100, &second);
  budget.Charge(&spending, &first, 500);
  EXPECT_EQ(budget.Row(), "500 spent 0 held");
  budget.Charge(&spending, &second, 1);
  EXPECT_EQ(budget.Row(), "501 spent 0 held");
}

TEST(Spending, ACallIsChargedToTheLimitsThatItPassed) {
  Budget budget(1000, /*reserve=*/false);
  Spending spending = budget.New();
  CallClaim before, after;
  spending.Begin(0, &before);
  ASSERT_TRUE(budget.Pass(&spending, 0));
  spending.Begin(0, &after);
  budget.Charge(&spending, &before, 7);
  EXPECT_EQ(budget.Row(), "nothing");
  budget.Charge(&spending, &after, 5);
  EXPECT_EQ(budget.Row(), "5 spent 0 held");
  EXPECT_EQ(spending.total(), 12);
}

TEST(Spending, AClaimIsClosedOnce) {
  Budget budget(1000);
  Spending spending = budget.New();
  ASSERT_TRUE(budget.Pass(&spending, 100));
  CallClaim claim;
  spending.Begin(100, &claim);
  budget.Charge(&spending, &claim, 100);
  spending.Release(&claim);
  spending.Release(&claim);
  EXPECT_EQ(spending.MissingFor(100, kStart).size(), 1u);
  EXPECT_EQ(spending.MissingFor(100, kStart)[0].ask.estimate, 100u);
}

TEST(Spending, AHoldWhoseLeaseHasEndedIsNone) {
  Budget budget(1000);
  Spending spending = budget.New();
  ASSERT_TRUE(budget.Pass(&spending, 100));
  EXPECT_TRUE(spending.MissingFor(100, kStart + kHoldLeaseNs - 1).empty());
  EXPECT_EQ(spending.MissingFor(100, kStart + kHoldLeaseNs).size(), 1u);
}

}  // namespace
}  // namespace junctor::engine
