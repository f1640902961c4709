// What a gateway says to the server of its limits, in which order, and what it does about answers
// that do not come: without a server, a thread or a clock.
#include "engine/store/redis_limit_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/limits/limit_store.h"
#include "engine/store/redis_limit_key.h"
#include "engine/store/redis_scripts.h"

namespace junctor::engine {
namespace {

constexpr int64_t kClientSecond = 1'000'000'000;
using Words = std::vector<std::string>;

// What stands on the wire.
std::vector<Words> CommandsIn(std::string_view text) {
  const auto length = [&text](char mark) {
    EXPECT_EQ(text.front(), mark);
    const size_t end = text.find("\r\n");
    size_t number = 0;
    std::from_chars(text.data() + 1, text.data() + end, number);
    text.remove_prefix(end + 2);
    return number;
  };
  std::vector<Words> commands;
  while (!text.empty()) {
    Words& words = commands.emplace_back();
    for (size_t left = length('*'); left > 0; --left) {
      const size_t size = length('$');
      words.emplace_back(text.substr(0, size));
      text.remove_prefix(size + 2);
    }
  }
  return commands;
}

RedisReply Number(int64_t number) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kInteger;
  reply.integer = number;
  return reply;
}
RedisReply Text(RedisReply::Kind kind, std::string text) {
  RedisReply reply;
  reply.kind = kind;
  reply.text = std::move(text);
  return reply;
}
RedisReply Error(std::string text) { return Text(RedisReply::Kind::kError, std::move(text)); }
RedisReply Numbers(std::initializer_list<int64_t> numbers) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kArray;
  for (const int64_t number : numbers) reply.items.push_back(Number(number));
  return reply;
}

RedisReply Admitted() {
  RedisReply reply;
  reply.kind = RedisReply::Kind::kArray;
  reply.items.push_back(Numbers({1, 0, 100, 99, 1000}));
  return reply;
}

bool IsCharge(const Words& words) { return words[0] == "EVALSHA" && words[1] == "charge-sha"; }
bool IsCheck(const Words& words) { return words[0] == "EVALSHA" && words[1] == "check-sha"; }

class RedisLimitClientTest : public testing::Test {
 protected:
  RedisLimitClientTest() {
    std::string name =
        (std::filesystem::temp_directory_path() / "junctor-redis-client-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    log_ = *Log::Open(LogLevel::kInfo, folder_ / "log");
    count_.limit = 10;
    count_.window_seconds = 3600;
    count_.technique = WindowTechnique::kSliding;
    cost_ = count_;
    cost_.type = LimitType::kCost;
    cost_.limit = 1'000'000;
    client_ = std::make_unique<RedisLimitClient>(
        RedisLimitClient::Options{"me", "redis://store", StoreFailurePolicy::kLocal}, &local_,
        log_.get());
  }
  ~RedisLimitClientTest() override { std::filesystem::remove_all(folder_); }

  // As a server without faults would answer.
  RedisReply AnswerTo(const Words& words) const {
    if (words[0] == "SCRIPT") {
      const bool is_check = words[2] == RedisCheckScript();
      return Text(RedisReply::Kind::kText, is_check ? "check-sha" : "charge-sha");
    }
    if (words[0] == "EVAL") return Numbers({1, ServerMicroseconds()});
    return IsCheck(words) ? Admitted() : Number(1);
  }
  int64_t ServerMicroseconds() const { return now_.unix_ns / 1000 + server_ahead_us_; }
  std::vector<Words> Next() { return CommandsIn(client_->Next(now_).text()); }
  // A round trip that goes well, and what it said.
  std::vector<Words> Trip() {
    std::vector<Words> commands = Next();
    for (const Words& words : commands) EXPECT_TRUE(client_->Answer(AnswerTo(words), now_).ok());
    return commands;
  }
  void Connect() {
    client_->Opened();
    EXPECT_EQ(Trip().size(), 3u) << "two scripts, and that it lives";
  }
  void Break() { client_->Lost(absl::UnavailableError("broken"), now_); }

  LimitAsk AskOf(const LimitSpec& spec, std::string_view key) {
    LimitAsk ask;
    ask.name = {"g", "r", "e"};
    ask.key = key;
    ask.spec = &spec;
    return ask;
  }
  // Asks; the verdicts are there when the batch is done.
  struct Question {
    std::shared_ptr<LimitBatch> batch = std::make_shared<LimitBatch>();
    bool is_done = false;
    bool is_admitted() const { return is_done && batch->verdicts.back().answer.admitted; }
  };
  std::shared_ptr<Question> Begin(const LimitSpec& spec, std::string_view key) {
    auto question = std::make_shared<Question>();
    question->batch->unix_nanoseconds = now_.unix_ns;
    LimitAsk ask = AskOf(spec, key);
    ask.estimate = 60;
    question->batch->Add(ask);
    // Whoever asks need not wait for the answer.
    question->batch->done = [weak = std::weak_ptr<Question>(question)] {
      if (const auto asked = weak.lock()) asked->is_done = true;
    };
    client_->Begin(question->batch);
    return question;
  }
  // One that passes, for its ticket.
  LimitTicket Pass(const LimitSpec& spec, std::string_view key) {
    const auto question = Begin(spec, key);
    if (!question->is_done) Trip();
    return std::move(question->batch->verdicts.at(0).ticket);
  }
  void Charge(const LimitTicket& ticket, uint64_t amount) {
    client_->Charge(ticket, amount, now_.unix_ns);
  }
  // Lines of the log that tell of `event`.
  std::vector<std::string> Logged(const std::string& event) {
    std::ifstream file(folder_ / "log");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      if (line.find("\"" + event + "\"") != line.npos) lines.push_back(line);
    }
    return lines;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Log> log_;
  LimitStore local_{200'000};
  LimitSpec count_, cost_;
  RedisTime now_{1'000 * kClientSecond, 1'700'000'000 * kClientSecond};
  int64_t server_ahead_us_ = 77'000'000;
  std::unique_ptr<RedisLimitClient> client_;
};

TEST_F(RedisLimitClientTest, WhatWasBookedBeforeAQuestionGoesBeforeIt) {
  Connect();
  const LimitTicket ticket = Pass(cost_, "k");
  const auto early = Begin(cost_, "k");
  Charge(ticket, 7);
  const auto late = Begin(cost_, "k");
  const std::vector<Words> trip = Trip();
  ASSERT_EQ(trip.size(), 3u);
  EXPECT_TRUE(IsCharge(trip[0]));
  EXPECT_TRUE(IsCheck(trip[1]) && IsCheck(trip[2]));
  EXPECT_TRUE(early->is_admitted() && late->is_admitted());
}

TEST_F(RedisLimitClientTest, AQuestionWaitsForBookingsBeforeItAndForNoOthers) {
  Connect();
  std::vector<LimitTicket> tickets;
  for (int i = 0; i < 600; ++i) tickets.push_back(Pass(cost_, "k" + std::to_string(i)));
  for (int i = 0; i < 300; ++i) Charge(tickets[static_cast<size_t>(i)], 1);
  const auto question = Begin(cost_, "k299");
  for (int i = 300; i < 600; ++i) Charge(tickets[static_cast<size_t>(i)], 1);
  EXPECT_EQ(Trip().size(), 256u);
  EXPECT_FALSE(question->is_done) << "44 of those before it are not delivered";
  const std::vector<Words> second = Trip();
  EXPECT_TRUE(question->is_admitted()) << "those after it do not hold it up";
  EXPECT_TRUE(IsCheck(second.back()));
}

TEST_F(RedisLimitClientTest, AfterAnOutageAllOfItIsDeliveredBeforeAnybodyAsks) {
  Connect();
  Break();
  LimitSpec one = count_;
  one.limit = 1;
  for (int i = 0; i < 600; ++i) EXPECT_TRUE(Begin(one, std::to_string(i))->is_admitted());
  now_.steady_ns += 5 * kClientSecond;
  now_.unix_ns += 5 * kClientSecond;
  Connect();
  size_t delivered = 0;
  while (!client_->counters().is_up) {
    EXPECT_FALSE(Begin(one, "0")->is_admitted()) << "answered here: the one was taken";
    for (const Words& words : Trip()) {
      ASSERT_FALSE(IsCheck(words));
      if (!IsCharge(words)) continue;
      ++delivered;
      EXPECT_EQ(words[12], "5000000") << "it was counted five seconds ago";
    }
  }
  EXPECT_EQ(delivered, 600u);
  const auto question = Begin(one, "0");
  EXPECT_FALSE(question->is_done);
  Trip();
  EXPECT_TRUE(question->is_done);
  EXPECT_EQ(client_->counters().delivered, 600u);
}

TEST_F(RedisLimitClientTest, BookingsThatNeverEndKeepNobodyFromAskingForLong) {
  Connect();
  Break();
  LimitSpec one = count_;
  one.limit = 1;
  uint64_t key = 0;
  const auto book = [&](int many) {
    for (int i = 0; i < many; ++i) Begin(one, std::to_string(++key));
  };
  book(400);
  Connect();
  for (int i = 0; i < 9; ++i) {
    book(400);
    Trip();
    now_.steady_ns += kClientSecond;
    EXPECT_FALSE(client_->counters().is_up);
  }
  now_.steady_ns += 2 * kClientSecond;
  Trip();
  EXPECT_TRUE(client_->counters().is_up);
  const auto question = Begin(one, "1");
  int trips = 0;
  for (; !question->is_done && trips < 100; ++trips) Trip();
  EXPECT_EQ(trips, 6) << "behind all that was booked before: 4000 less 10 trips of 256";
  EXPECT_TRUE(question->is_done);
}

TEST_F(RedisLimitClientTest, ALocalShareIsNoMoreForAServerThatComesAndGoes) {
  Connect();
  uint64_t admitted = 0;
  for (int flap = 0; flap < 4; ++flap) {
    Break();
    for (int i = 0; i < 20; ++i) admitted += Begin(count_, "k")->is_admitted() ? 1 : 0;
    Connect();
    while (!client_->counters().is_up) Trip();
    now_.unix_ns += kClientSecond;
  }
  EXPECT_EQ(admitted, 10u);
  Break();
  now_.unix_ns += 3600 * kClientSecond;
  EXPECT_TRUE(Begin(count_, "k")->is_admitted()) << "its window has ended";
}

TEST_F(RedisLimitClientTest, MoneySpentInOneOutageCountsInTheNext) {
  Connect();
  Break();
  const LimitTicket ticket = Pass(cost_, "k");
  Connect();
  Charge(ticket, 1'000'000);  // when the server is back, by a request of the outage
  Trip();
  Break();
  EXPECT_FALSE(Begin(cost_, "k")->is_admitted());
}

TEST_F(RedisLimitClientTest, R16_WhatIsNotAcknowledgedIsSentAgainUnderItsNumber) {
  Connect();
  const LimitTicket a = Pass(cost_, "a");
  const LimitTicket b = Pass(cost_, "b");
  Charge(a, 1);
  Charge(b, 2);
  const std::vector<Words> first = Next();
  ASSERT_EQ(first.size(), 2u);
  EXPECT_TRUE(client_->Answer(Number(1), now_).ok());
  Break();
  Charge(b, 3);
  Connect();
  const std::vector<Words> again = Trip();
  ASSERT_EQ(again.size(), 1u) << "a was acknowledged";
  EXPECT_EQ(again[0], first[1]) << "the same amount with the same number";
  const std::vector<Words> then = Trip();
  ASSERT_EQ(then.size(), 1u);
  EXPECT_EQ(then[0][11], "3");
  EXPECT_GT(std::stoi(then[0][14]), std::stoi(again[0][14]));
  EXPECT_FALSE(client_->has_work());
}

TEST_F(RedisLimitClientTest, R16_ARoundTripChargesAWindowOnce) {
  // The server counts a window's bookings by rising numbers: of two, where the first fails, the
  // second would hide the first.
  LimitSpec narrow = cost_;
  narrow.window_seconds = 64;
  Connect();
  const LimitTicket ticket = Pass(narrow, "k");
  for (int i = 0; i < 3; ++i) {
    Charge(ticket, 1);
    now_.unix_ns += 2 * kClientSecond;  // another slice
  }
  EXPECT_EQ(client_->counters().waiting, 3u);
  for (int i = 0; i < 3; ++i) {
    const std::vector<Words> trip = Trip();
    EXPECT_EQ(std::count_if(trip.begin(), trip.end(), IsCharge), 1) << i;
  }
  EXPECT_EQ(client_->counters().waiting, 0u);
}

TEST_F(RedisLimitClientTest, R16_AHoldThatNobodyWasToldOfIsReleased) {
  LimitSpec reserving = cost_;
  reserving.reserve = true;
  Connect();
  const auto question = Begin(reserving, "k");
  const std::vector<Words> asked = Next();
  ASSERT_EQ(asked.size(), 1u);
  const std::string hold = asked[0][asked[0].size() - 2];
  Break();
  EXPECT_TRUE(question->is_admitted()) << "by the local share";
  Connect();
  const std::vector<Words> told = Trip();
  ASSERT_EQ(told.size(), 1u);
  ASSERT_EQ(told[0].size(), 17u);
  EXPECT_EQ(told[0][11], "0");
  EXPECT_EQ(told[0][15], hold + ":60");
  EXPECT_EQ(told[0][16], "");
}

TEST_F(RedisLimitClientTest, R16_AQuestionMustBeRunWhileItsDriverWaits) {
  client_->Opened();
  const int64_t patience_us = RedisLimitClient::Options().patience_ns / 1000;
  const std::vector<Words> greeting = Next();
  const RedisReply beat = AnswerTo(greeting.back());
  // The answer is on its way for 30 ms: then the server's clock may show what it said.
  now_.steady_ns += 30'000'000;
  now_.unix_ns += 30'000'000;
  for (size_t i = 0; i + 1 < greeting.size(); ++i) {
    EXPECT_TRUE(client_->Answer(AnswerTo(greeting[i]), now_).ok());
  }
  EXPECT_TRUE(client_->Answer(beat, now_).ok());
  const auto deadline = [&] {
    Begin(count_, "k");
    const std::vector<Words> asked = Next();
    EXPECT_EQ(asked.size(), 1u);
    EXPECT_TRUE(client_->Answer(Admitted(), now_).ok());
    return std::stoll(asked[0].back());
  };
  EXPECT_EQ(deadline(), beat.items[1].integer + patience_us - patience_us / 1000);
  now_.steady_ns += kClientSecond;
  EXPECT_EQ(deadline(),
            beat.items[1].integer + patience_us + 1'000'000 - (patience_us + 1'000'000) / 1000);
}

TEST_F(RedisLimitClientTest, R16_AQuestionThatWasRunTooLateIsAnsweredHereAndHoldsNothing) {
  LimitSpec reserving = cost_;
  reserving.reserve = true;
  Connect();
  const auto count = Begin(count_, "k");
  const auto cost = Begin(reserving, "k");
  ASSERT_EQ(Next().size(), 2u);
  // Its clock has been set an hour ahead.
  server_ahead_us_ += 3'600'000'000;
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(client_->Answer(Numbers({ServerMicroseconds()}), now_).ok());
  }
  EXPECT_TRUE(count->is_admitted() && cost->is_admitted()) << "by the local share";
  EXPECT_TRUE(client_->counters().is_up);
  EXPECT_EQ(client_->counters().away, 2u);
  Begin(count_, "k");
  const std::vector<Words> trip = Trip();
  ASSERT_EQ(trip.size(), 2u) << "what the local share gave, and no hold to release";
  EXPECT_EQ(trip[0][11], "1");
  EXPECT_EQ(trip[0].size(), 15u);
  EXPECT_GT(std::stoll(trip[1].back()), ServerMicroseconds()) << "it knows the new clock";
}

TEST_F(RedisLimitClientTest, TheClockOfAnotherServerIsAnother) {
  Connect();
  Break();
  server_ahead_us_ -= 3'600'000'000;
  Connect();
  Trip();
  Begin(count_, "k");
  const int64_t patience_us = RedisLimitClient::Options().patience_ns / 1000;
  EXPECT_LE(std::stoll(Next().at(0).back()), ServerMicroseconds() + patience_us);
}

TEST_F(RedisLimitClientTest, ScriptsThatAreGoneAreLoadedAndNothingIsLost) {
  Connect();
  const LimitTicket ticket = Pass(cost_, "k");
  Charge(ticket, 5);
  const auto question = Begin(cost_, "k");
  const std::vector<Words> first = Next();
  ASSERT_EQ(first.size(), 2u);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(client_->Answer(Error("NOSCRIPT none"), now_).ok());
  EXPECT_TRUE(client_->counters().is_up);
  EXPECT_TRUE(client_->has_work());
  EXPECT_EQ(Trip()[0][1], "LOAD");
  const std::vector<Words> again = Next();
  EXPECT_EQ(again, first);
  EXPECT_TRUE(client_->Answer(Error("NOSCRIPT none"), now_).ok());
  EXPECT_FALSE(client_->Answer(Error("NOSCRIPT none"), now_).ok()) << "it forgets them at once";
  Break();
  EXPECT_TRUE(question->is_done);
  Connect();
  EXPECT_EQ(Trip()[0], first[0]);
}

TEST_F(RedisLimitClientTest, AQuestionThatFoundNoScriptDoesNotWaitForTheNextBeat) {
  Connect();
  const auto question = Begin(count_, "k");
  ASSERT_EQ(Next().size(), 1u);
  EXPECT_TRUE(client_->Answer(Error("NOSCRIPT none"), now_).ok());
  EXPECT_TRUE(client_->has_work());
  EXPECT_EQ(Trip()[0][1], "LOAD");
  EXPECT_TRUE(client_->has_work());
  Trip();
  EXPECT_TRUE(question->is_admitted());
  EXPECT_FALSE(client_->has_work());
}

TEST_F(RedisLimitClientTest, AKeyThatIsSomethingElseHoldsUpNoOther) {
  Connect();
  const LimitTicket bad = Pass(cost_, "bad");
  const LimitTicket good = Pass(cost_, "good");
  Charge(bad, 5'000'000'000);
  Charge(good, 6);
  const auto question = Begin(cost_, "bad");
  ASSERT_EQ(Next().size(), 3u);
  EXPECT_TRUE(client_->Answer(Error("ERR Error running script: WRONGTYPE x"), now_).ok());
  EXPECT_TRUE(client_->Answer(Number(1), now_).ok());
  EXPECT_TRUE(client_->Answer(Error("WRONGTYPE x"), now_).ok());
  EXPECT_TRUE(question->is_done);
  EXPECT_EQ(client_->counters().lost.nano_dollars, 5'000'000'000u);
  EXPECT_EQ(client_->counters().waiting, 0u);
  Trip();
  ASSERT_EQ(Logged("limit_key_taken").size(), 1u);
  ASSERT_EQ(Logged("limit_charges_lost").size(), 1u);
  EXPECT_NE(Logged("limit_charges_lost")[0].find("\"cost\":5"), std::string::npos)
      << Logged("limit_charges_lost")[0];
}

TEST_F(RedisLimitClientTest, AnOtherErrorOfTheServerLosesNothing) {
  Connect();
  const LimitTicket ticket = Pass(cost_, "k");
  Charge(ticket, 5);
  const std::vector<Words> first = Next();
  EXPECT_FALSE(client_->Answer(Error("OOM command not allowed"), now_).ok());
  Break();
  Connect();
  EXPECT_EQ(Trip(), first);
}

TEST_F(RedisLimitClientTest, ALedgerThatIsFullSaysSo) {
  Connect();
  Break();
  count_.on_store_failure = StoreFailurePolicy::kAllow;
  for (size_t i = 0; i < Ledger::kMaxEntries + 3; ++i) {
    LimitVerdict verdict;
    ASSERT_TRUE(client_->Ask(AskOf(count_, std::to_string(i)), now_.unix_ns, &verdict));
  }
  EXPECT_EQ(client_->counters().lost.requests, 3u);
  Break();
  ASSERT_EQ(Logged("limit_charges_lost").size(), 1u);
  EXPECT_NE(Logged("limit_charges_lost")[0].find("\"requests\":3,"), std::string::npos);
  LimitVerdict verdict;
  client_->Ask(AskOf(count_, "one more"), now_.unix_ns, &verdict);
  Break();
  EXPECT_EQ(Logged("limit_charges_lost").size(), 1u) << "one line in ten seconds";
  now_.steady_ns += 10 * kClientSecond;
  Break();
  ASSERT_EQ(Logged("limit_charges_lost").size(), 2u);
  EXPECT_NE(Logged("limit_charges_lost")[1].find("\"requests\":1,"), std::string::npos);
}

TEST_F(RedisLimitClientTest, TheLogTellsOfAnOutageOnceAndWhatItWas) {
  Connect();
  EXPECT_TRUE(Logged("limit_store_back").empty()) << "it was never away";
  Break();
  for (int i = 0; i < 5; ++i) Begin(count_, std::to_string(i));
  Break();  // another attempt fails
  now_.steady_ns += 3 * kClientSecond;
  Connect();
  Trip();
  EXPECT_EQ(Logged("limit_store_away").size(), 1u);
  const std::vector<std::string> back = Logged("limit_store_back");
  ASSERT_EQ(back.size(), 1u);
  EXPECT_NE(back[0].find(R"("store":"redis://store","away_ms":3000,"answered_without_it":5,)"
                         R"("bookings_delivered":5,"bookings_lost":0})"),
            std::string::npos)
      << back[0];
  EXPECT_EQ(client_->counters().failures, 1u);
}

TEST_F(RedisLimitClientTest, WhatIsLeftAtTheEndIsLostAndTheLogSaysSo) {
  Connect();
  const LimitTicket ticket = Pass(cost_, "k");
  const auto question = Begin(cost_, "k");
  Charge(ticket, 2'000'000'000);
  client_->Stop();
  client_->End(now_);
  EXPECT_TRUE(question->is_done);
  ASSERT_EQ(Logged("limit_charges_lost").size(), 1u);
  EXPECT_NE(Logged("limit_charges_lost")[0].find("\"cost\":2"), std::string::npos);
}

TEST_F(RedisLimitClientTest, AttemptsToConnectComeEverMoreSeldom) {
  std::vector<int64_t> waits;
  for (int i = 0; i < 7; ++i) {
    Break();
    waits.push_back((client_->connect_at_ns() - now_.steady_ns) / 1'000'000);
  }
  EXPECT_EQ(waits, (std::vector<int64_t>{100, 200, 400, 800, 1600, 2000, 2000}));
  Connect();
  Break();
  EXPECT_EQ(client_->connect_at_ns() - now_.steady_ns, kClientSecond / 10);
}

TEST_F(RedisLimitClientTest, ABeatGoesAlongEveryTwoSeconds) {
  Connect();
  EXPECT_TRUE(Next().empty());
  now_.steady_ns += 2 * kClientSecond;
  const std::vector<Words> beat = Next();
  ASSERT_EQ(beat.size(), 1u);
  EXPECT_EQ(beat[0][4], "me");
  EXPECT_EQ(beat[0][5], "1");
  EXPECT_TRUE(client_->Answer(Numbers({4, ServerMicroseconds()}), now_).ok());
  EXPECT_EQ(client_->counters().instances, 4u);
  EXPECT_TRUE(Next().empty());
}

}  // namespace
}  // namespace junctor::engine
