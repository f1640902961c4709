#include "engine/store/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/store/control_schema.h"
#include "tests/unit/engine/store/store_fixture.h"

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;

using MigrationsTest = StoreTest;
JUNCTOR_ON_EVERY_ENGINE(MigrationsTest);

const std::vector<Migration> kThree = {
    {"CREATE TABLE things (id {TEXT} PRIMARY KEY, bytes {BYTES} NOT NULL);\n"},
    {"ALTER TABLE things ADD COLUMN size BIGINT NOT NULL DEFAULT 0;\n"
     "UPDATE things SET size = LENGTH(bytes);\n"},
    {"CREATE TABLE others (id {TEXT} PRIMARY KEY);\n"},
};

std::span<const Migration> First(size_t count) { return std::span(kThree).first(count); }

int64_t NumberOf(SqlDatabase& database, const std::string& sql) {
  int64_t number = -1;
  const absl::Status status = database.Read([&](SqlSession& session) -> absl::Status {
    auto result = session.Execute(sql);
    if (!result.ok()) return result.status();
    number = result->rows.at(0).Integer();
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return number;
}

absl::Status InsertThing(SqlSession& session) {
  return session
      .Execute("INSERT INTO things (id, bytes) VALUES (?, ?)", {SqlText("a"), SqlBytes("four")})
      .status();
}

TEST_P(MigrationsTest, AreAppliedToAnEmptyDatabaseOnce) {
  const auto database = OpenDatabase();
  for (int round = 0; round < 2; ++round) {
    const absl::Status status = Migrate(database.get(), "things", kThree);
    EXPECT_TRUE(status.ok()) << status;
  }
  EXPECT_EQ(NumberOf(*database, "SELECT COUNT(*) FROM things"), 0);
  EXPECT_EQ(NumberOf(*database, "SELECT version FROM schema_versions"), 3);
}

TEST_P(MigrationsTest, KeepWhatAnOlderDatabaseHolds) {
  const auto database = OpenDatabase();
  ASSERT_TRUE(Migrate(database.get(), "things", First(1)).ok());
  ASSERT_TRUE(database->Write(InsertThing).ok());
  const absl::Status status = Migrate(database.get(), "things", kThree);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(NumberOf(*database, "SELECT size FROM things WHERE id = 'a'"), 4);
  EXPECT_EQ(NumberOf(*database, "SELECT COUNT(*) FROM others"), 0);
}

TEST_P(MigrationsTest, RefuseANewerDatabaseAndLeaveItAlone) {
  const auto database = OpenDatabase();
  ASSERT_TRUE(Migrate(database.get(), "things", kThree).ok());
  const absl::Status status = Migrate(database.get(), "things", First(2));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("made by a newer junctor"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("things tables have version 3"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("versions up to 2"));
  EXPECT_EQ(NumberOf(*database, "SELECT version FROM schema_versions"), 3);
}

TEST_P(MigrationsTest, LeaveNothingOfOneThatFails) {
  const auto database = OpenDatabase();
  ASSERT_TRUE(Migrate(database.get(), "things", First(1)).ok());
  ASSERT_TRUE(database->Write(InsertThing).ok());
  std::vector<Migration> wrong = kThree;
  wrong[2] = {"CREATE TABLE others (id {TEXT});\nINSERT INTO nothing VALUES (1);\n"};
  const absl::Status status = Migrate(database.get(), "things", wrong);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("migration 3 of the things tables"));
  EXPECT_EQ(NumberOf(*database, "SELECT version FROM schema_versions"), 1);
  EXPECT_TRUE(Migrate(database.get(), "things", kThree).ok()) << "the next start does it";
  EXPECT_EQ(NumberOf(*database, "SELECT size FROM things"), 4);
}

TEST_P(MigrationsTest, CountForEachPartAlone) {
  const auto database = OpenDatabase();
  ASSERT_TRUE(Migrate(database.get(), "things", First(2)).ok());
  ASSERT_TRUE(Migrate(database.get(), "control", ControlMigrations()).ok());
  EXPECT_EQ(NumberOf(*database, "SELECT version FROM schema_versions WHERE component = 'things'"),
            2);
}

TEST_P(MigrationsTest, AreAppliedOnceWhereManyStartAtOnce) {
  constexpr int kStarts = 6;
  std::vector<std::thread> threads;
  for (int i = 0; i < kStarts; ++i) {
    threads.emplace_back([this] {
      const auto opened = ControlStore::Open(options());
      EXPECT_TRUE(opened.ok()) << opened.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  Change([](ControlTransaction& t) { return t.InsertGateway(GatewayOf("g")); });
}

TEST_P(MigrationsTest, AStoreOfANewerJunctorIsNotOpened) {
  store();
  ASSERT_TRUE(OpenDatabase()
                  ->Write([](SqlSession& session) {
                    return session.Execute("UPDATE schema_versions SET version = 1000").status();
                  })
                  .ok());
  const auto opened = ControlStore::Open(options());
  EXPECT_TRUE(absl::IsFailedPrecondition(opened.status())) << opened.status();
  EXPECT_THAT(std::string(opened.status().message()),
              HasSubstr("control tables have version 1000"));
}

}  // namespace
}  // namespace junctor::engine
