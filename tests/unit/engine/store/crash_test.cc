// kill -9 in the middle of changes: what was acknowledged is there, and nothing is there by half.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "tests/support/postgres_server.h"
#include "tests/unit/engine/store/crash_writer.h"

namespace junctor::engine {
namespace {

constexpr int kChanges = 1000;

// The writing process, and the pipe on which it acknowledges.
class Writer {
 public:
  Writer(const std::string& file, int first) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    const std::string from = std::to_string(first);
    const std::string to = std::to_string(kChanges);
    process_ = fork();
    if (process_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      execl(JUNCTOR_CRASH_WRITER, "crash_writer", file.c_str(), from.c_str(), to.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    pipe_ = ends[0];
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { close(pipe_); }

  // The next number that is acknowledged; 0 where the process has ended.
  int Next() {
    int number = 0;
    return read(pipe_, &number, sizeof(number)) == sizeof(number) ? number : 0;
  }

  void Kill() {
    kill(process_, SIGKILL);
    int status = 0;
    waitpid(process_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << status;
  }

 private:
  pid_t process_ = -1;
  int pipe_ = -1;
};

TEST(Crash, OfTheGatewayLosesNothingThatWasAcknowledged) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("junctor_crash_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string file = folder / "junctor.db";
  std::mt19937 random(20240229);
  std::uniform_int_distribution<int> acknowledgements(0, 70);
  std::uniform_int_distribution<int> microseconds(0, 3000);
  int there = 0;
  int kills = 0;
  while (there < kChanges && !::testing::Test::HasFailure()) {
    Writer writer(file, there + 1);
    int acknowledged = there;
    const int wanted = acknowledgements(random);
    for (int i = 0; i < wanted; ++i) {
      const int number = writer.Next();
      if (number == 0) break;
      EXPECT_EQ(number, acknowledged + 1);
      acknowledged = number;
    }
    // Into whatever it does then.
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
    writer.Kill();
    ++kills;
    while (const int number = writer.Next()) acknowledged = number;
    const auto store = ControlStore::Open({.sqlite_file = file, .postgresql_url = ""});
    ASSERT_TRUE(store.ok()) << store.status();
    there = CheckNumbered(**store);
    EXPECT_GE(there, acknowledged);
    // The one that was committed when the process died.
    EXPECT_LE(there, acknowledged + 1);
  }
  EXPECT_GT(kills, 10);
  std::filesystem::remove_all(folder);
}

TEST(Crash, OfPostgresqlLosesNothingThatWasAcknowledged) {
  const PostgresServer server;
  const auto store =
      ControlStore::Open({.sqlite_file = "", .postgresql_url = server.CreateDatabase("crash")});
  ASSERT_TRUE(store.ok()) << store.status();
  constexpr int kCrashes = 3;
  std::atomic<int> acknowledged = 0;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    int next = 1;
    while (!stop) {
      const absl::Status status =
          (*store)->Change([&](ControlTransaction& t) { return WriteNumbered(t, next); });
      // AlreadyExists: what was not known to be saved was.
      if (status.ok() || absl::IsAlreadyExists(status)) {
        acknowledged = next++;
      } else {
        EXPECT_TRUE(absl::IsUnavailable(status)) << status;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
  });
  for (int i = 0; i < kCrashes; ++i) {
    const int before = acknowledged;
    EXPECT_TRUE(WaitUntil([&] { return acknowledged > before + 20; }, 30));
    server.Crash();
    server.Start();
  }
  const int before = acknowledged;
  EXPECT_TRUE(WaitUntil([&] { return acknowledged > before; }, 30));
  stop = true;
  writer.join();
  EXPECT_EQ(CheckNumbered(**store), acknowledged);
}

}  // namespace
}  // namespace junctor::engine
