// What is SQLite's alone: the file.
#include "engine/store/sqlite_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace junctor::engine {
namespace {

using ::testing::HasSubstr;

class SqliteDatabaseTest : public ::testing::Test {
 protected:
  SqliteDatabaseTest() { std::filesystem::create_directories(folder_); }
  ~SqliteDatabaseTest() override { std::filesystem::remove_all(folder_); }

  static mode_t ModeOf(const std::string& file) {
    struct stat status {};
    EXPECT_EQ(stat(file.c_str(), &status), 0) << file;
    return status.st_mode & 0777;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("junctor_sqlite_" + std::to_string(getpid()));
  const std::string file_ = folder_ / "junctor.db";
};

TEST_F(SqliteDatabaseTest, NobodyElseReadsItsFiles) {
  const auto database = SqliteDatabase::Open(file_);
  ASSERT_TRUE(database.ok()) << database.status();
  const absl::Status status = (*database)->Write(
      [](SqlSession& session) { return session.Execute("CREATE TABLE t (a BIGINT)").status(); });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(ModeOf(file_), 0600U);
  EXPECT_EQ(ModeOf(file_ + "-wal"), 0600U);
  EXPECT_EQ(ModeOf(file_ + "-shm"), 0600U);
}

TEST_F(SqliteDatabaseTest, SyncsEveryCommit) {
  const auto database = SqliteDatabase::Open(file_);
  const absl::Status status = (*database)->Write([](SqlSession& session) {
    EXPECT_EQ(session.Execute("PRAGMA synchronous")->rows.at(0).Integer(), 2);
    EXPECT_EQ(session.Execute("PRAGMA foreign_keys")->rows.at(0).Integer(), 1);
    EXPECT_EQ(session.Execute("PRAGMA journal_mode")->rows.at(0).Text(), "wal");
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(SqliteDatabaseTest, SaysWhichFileIsWrong) {
  const auto no_folder = SqliteDatabase::Open(folder_ / "none/junctor.db");
  EXPECT_TRUE(absl::IsUnavailable(no_folder.status()));
  EXPECT_THAT(std::string(no_folder.status().message()),
              HasSubstr("none/junctor.db`: can't create it: No such file or directory"));
  std::ofstream(file_) << "this is no database, and long enough to have a header that shows it: "
                       << std::string(200, 'x');
  const auto no_database = SqliteDatabase::Open(file_);
  EXPECT_TRUE(absl::IsDataLoss(no_database.status())) << no_database.status();
  EXPECT_THAT(std::string(no_database.status().message()), HasSubstr(file_));
}

}  // namespace
}  // namespace junctor::engine
