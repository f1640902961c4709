// A PostgreSQL that goes away and comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "engine/store/control_store.h"
#include "engine/store/postgres_connection.h"
#include "tests/support/postgres_server.h"
#include "tests/unit/engine/store/store_fixture.h"

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;

absl::Status NoteOne(ControlTransaction& t) { return t.NoteChange(ChangeKind::kGateway, "g"); }

class PostgresOutageTest : public ::testing::Test {
 protected:
  PostgresOutageTest() {
    static int number = 0;
    const auto url = server_.CreateDatabase("outage_" + std::to_string(++number));
    options_.postgresql_url = url;
    store_ = *ControlStore::Open(options_);
  }

  PostgresServer& server_ = PostgresServer::Shared();
  ControlStoreOptions options_;
  std::unique_ptr<ControlStore> store_;
};

TEST_F(PostgresOutageTest, IsToldAndEndsWithTheServersReturn) {
  std::atomic<int> told = 0;
  store_->Listen([&] { ++told; });
  ASSERT_TRUE(WaitUntil([&] { return told == 1; }));
  ASSERT_TRUE(store_->Change(NoteOne).ok());
  ASSERT_TRUE(WaitUntil([&] { return told == 2; }));

  server_.Stop();
  // Without anybody asking for anything, the thread that listens notices.
  EXPECT_TRUE(WaitUntil([&] { return !store_->Trouble().empty(); }));
  EXPECT_THAT(store_->Trouble(), HasSubstr("PostgreSQL: "));
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const absl::Status away = store_->Change(NoteOne);
    EXPECT_TRUE(absl::IsUnavailable(away)) << away;
    EXPECT_TRUE(absl::IsUnavailable(
        store_->Read([](ControlTransaction& t) { return t.LastChange().status(); })));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  }

  const int before = told;
  server_.Start();
  EXPECT_TRUE(WaitUntil([&] { return store_->Trouble().empty() && told > before; }));
  const absl::Status again = store_->Change(NoteOne);
  EXPECT_TRUE(again.ok()) << again;
  const int after = told;
  const absl::Status third = store_->Change(NoteOne);
  EXPECT_TRUE(third.ok()) << third;
  EXPECT_TRUE(WaitUntil([&] { return told > after; })) << "changes are told as before";
}

TEST_F(PostgresOutageTest, OfConnectionsThatWereIdleIsNotNoticed) {
  ASSERT_TRUE(store_->Change(NoteOne).ok());
  server_.Stop();
  server_.Start();
  const absl::Status status = store_->Change(NoteOne);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(store_->Trouble(), "");
}

TEST_F(PostgresOutageTest, InTheMiddleOfAChangeRunsItAgainOrSaysSo) {
  int runs = 0;
  const absl::Status status = store_->Change([&](ControlTransaction& t) {
    RETURN_IF_ERROR(t.InsertGateway(GatewayOf("g")));
    if (++runs == 1) {
      server_.Stop();
      server_.Start();
    }
    return t.InsertGateway(GatewayOf("h"));
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(runs, 2);
  ASSERT_TRUE(store_
                  ->Read([](ControlTransaction& t) {
                    EXPECT_EQ(t.AllGateways()->size(), 2U);
                    return absl::OkStatus();
                  })
                  .ok());
}

TEST_F(PostgresOutageTest, AtTheStartIsAnError) {
  server_.Stop();
  const auto opened = ControlStore::Open(options_);
  server_.Start();
  EXPECT_TRUE(absl::IsUnavailable(opened.status())) << opened.status();
}

TEST(PostgresConnection, DoesNotWaitForAServerThatHangs) {
  const std::string url = PostgresServer::Shared().Url("postgres");
  const auto connection = PostgresConnection::Open(url, std::chrono::milliseconds(300));
  ASSERT_TRUE(connection.ok()) << connection.status();
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status status = (*connection)->Run("SELECT pg_sleep(8)").status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("has not answered for 300 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_TRUE((*connection)->broken());
  EXPECT_TRUE(absl::IsUnavailable((*connection)->Run("SELECT 1").status()));
}

TEST(PostgresConnection, OutlivesAStatementThatTookTooLong) {
  const auto connection = PostgresConnection::Open(PostgresServer::Shared().Url("postgres"));
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_EQ((*connection)->Run("SHOW statement_timeout")->rows.at(0).Text(), "10s");
  EXPECT_EQ((*connection)->Run("SHOW synchronous_commit")->rows.at(0).Text(), "on");
  ASSERT_TRUE((*connection)->Run("SET statement_timeout = 50").ok());
  const absl::Status status = (*connection)->Run("SELECT pg_sleep(8)").status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_FALSE((*connection)->broken());
  EXPECT_EQ((*connection)->Run("SELECT ? + 1", {int64_t{-2}})->rows.at(0).Integer(), -1);
}

TEST(PostgresAddress, ThatIsWrongIsNotRepeated) {
  for (const char* url : {"postgres://u:sec/ret@host/db", "postgres://u:sec@ret@host/db",
                          "postgres://u:secret@[::1/db", "secret", "host=x secret"}) {
    const auto opened = ControlStore::Open({.sqlite_file = "", .postgresql_url = url});
    EXPECT_TRUE(absl::IsInvalidArgument(opened.status())) << url << ": " << opened.status();
    EXPECT_THAT(std::string(opened.status().message()), HasSubstr("postgres://user:password@host"));
    EXPECT_THAT(std::string(opened.status().message()), testing::Not(HasSubstr("sec")));
  }
}

}  // namespace
}  // namespace junctor::engine
