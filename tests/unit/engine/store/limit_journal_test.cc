// R17: limits outlive a restart, and a kill loses less than the last 100 ms.
#include "engine/store/limit_journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "engine/store/sqlite_connection.h"

namespace junctor::engine {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

int64_t UnixNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A folder that goes with the test.
class LimitJournalTest : public testing::Test {
 protected:
  LimitJournalTest() {
    std::string name = (std::filesystem::temp_directory_path() / "junctor-limits-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    file_ = folder_ / "limits.db";
    log_ = *Log::Open(LogLevel::kOff, "-");
  }
  ~LimitJournalTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<LimitJournal> Open(LimitStore* store, int64_t now) {
    absl::StatusOr<std::unique_ptr<LimitJournal>> journal =
        LimitJournal::Open(file_.string(), store, log_.get(), now);
    EXPECT_TRUE(journal.ok()) << journal.status();
    return *std::move(journal);
  }

  int64_t Rows() {
    auto connection = *SqliteConnection::Open(file_.string(), SqliteConnection::Mode::kRead);
    return connection->Run("SELECT count(*) FROM limit_windows")->rows[0].Integer();
  }

  std::filesystem::path folder_;
  std::filesystem::path file_;
  std::unique_ptr<Log> log_;
};

LimitSpec Spec(LimitType type, uint64_t limit, uint32_t window,
               WindowTechnique technique = WindowTechnique::kSliding) {
  LimitSpec spec;
  spec.type = type;
  spec.limit = limit;
  spec.window_seconds = window;
  spec.technique = technique;
  return spec;
}

TEST_F(LimitJournalTest, R17_CountsChargesGrantsAndResetsOutliveARestart) {
  const int64_t now = UnixNow();
  const LimitSpec few = Spec(LimitType::kCount, 3, 3600);
  const LimitSpec many = Spec(LimitType::kCount, 1000, 3600);
  const LimitSpec fixed = Spec(LimitType::kCount, 3, 31'536'000, WindowTechnique::kFixed);
  const LimitSpec budget = Spec(LimitType::kCost, 100, 3600);
  const LimitSpec monthly = Spec(LimitType::kCost, 100, 31'536'000, WindowTechnique::kFixed);
  {
    LimitStore store;
    const auto journal = Open(&store, now);
    for (int i = 0; i < 3; ++i) {
      store.Take("g", "r", "few", "k", few, now);
      store.Take("g", "r", "fixed", "k", fixed, now);
    }
    for (int i = 0; i < 1000; ++i) store.Take("g", "r", "many", "k", many, now + i);
    for (const char* key : {"a", "b", "c"}) {
      CostPass pass = store.PassCost("g", "r", "budget", key, budget, 0, now);
      store.Charge(pass.ticket, 100, now);
    }
    CostPass pass = store.PassCost("g", "r", "monthly", "k", monthly, 0, now);
    store.Charge(pass.ticket, 100, now);
    EXPECT_TRUE(store.Grant("g", "r", "budget", "b", 50, now));
    EXPECT_TRUE(store.Reset("g", "r", "budget", "c"));
  }
  LimitStore store;
  const auto journal = Open(&store, now);
  EXPECT_EQ(journal->counters().refused, 0u);
  EXPECT_FALSE(store.Take("g", "r", "few", "k", few, now + kSecond).admitted);
  EXPECT_FALSE(store.Take("g", "r", "fixed", "k", fixed, now + kSecond).admitted);
  EXPECT_FALSE(store.Take("g", "r", "many", "k", many, now + kSecond).admitted);
  EXPECT_FALSE(store.PassCost("g", "r", "budget", "a", budget, 0, now).answer.admitted);
  EXPECT_TRUE(store.PassCost("g", "r", "budget", "b", budget, 0, now).answer.admitted);
  EXPECT_TRUE(store.PassCost("g", "r", "budget", "c", budget, 0, now).answer.admitted);
  EXPECT_FALSE(store.PassCost("g", "r", "monthly", "k", monthly, 0, now).answer.admitted);
  // And they end when they would have ended.
  const int64_t later = now + 3601 * kSecond + 3600 * kSecond / 64;
  EXPECT_TRUE(store.Take("g", "r", "few", "k", few, later).admitted);
  EXPECT_TRUE(store.Take("g", "r", "many", "k", many, later).admitted);
  EXPECT_TRUE(store.PassCost("g", "r", "budget", "a", budget, 0, later).answer.admitted);
}

TEST_F(LimitJournalTest, R16_AHoldDoesNotOutliveItsProcess) {
  const int64_t now = UnixNow();
  LimitSpec budget = Spec(LimitType::kCost, 100, 3600);
  budget.reserve = true;
  {
    LimitStore store;
    const auto journal = Open(&store, now);
    CostPass pass = store.PassCost("g", "r", "e", "k", budget, 100, now);
    store.Charge(pass.ticket, 10, now);
  }
  LimitStore store;
  const auto journal = Open(&store, now);
  EXPECT_TRUE(store.PassCost("g", "r", "e", "k", budget, 90, now).answer.admitted);
}

TEST_F(LimitJournalTest, ShortWindowsAreNotWrittenAndIdleOnesGoFromTheFile) {
  const int64_t now = UnixNow();
  LimitStore store;
  const auto journal = Open(&store, now);
  for (int i = 0; i < 100; ++i) {
    store.Take("g", "r", "short", std::to_string(i), Spec(LimitType::kCount, 3, 4), now);
    store.Take("g", "r", "old", std::to_string(i), Spec(LimitType::kCount, 3, 60),
               now - 59 * kSecond);
  }
  store.Take("g", "r", "new", "k", Spec(LimitType::kCount, 3, 3600), now);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (journal->counters().written < 101) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  EXPECT_EQ(journal->counters().written, 101u);
  while (Rows() != 1) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

TEST_F(LimitJournalTest, ADamagedRowIsPassedOverAndADamagedFileIsAnError) {
  const int64_t now = UnixNow();
  const LimitSpec spec = Spec(LimitType::kCount, 3, 3600);
  {
    LimitStore store;
    const auto journal = Open(&store, now);
    for (const char* key : {"a", "b", "c"}) store.Take("g", "r", "e", key, spec, now);
  }
  {
    auto connection = *SqliteConnection::Open(file_.string(), SqliteConnection::Mode::kWrite);
    ASSERT_TRUE(connection->Run("UPDATE limit_windows SET state = x'ff01' WHERE key = x'61'").ok());
    ASSERT_TRUE(connection->Run("UPDATE limit_windows SET window_ns = 0 WHERE key = x'62'").ok());
  }
  {
    LimitStore store;
    const auto journal = Open(&store, now);
    EXPECT_EQ(journal->counters().restored, 1u);
    EXPECT_EQ(journal->counters().refused, 2u);
  }
  std::filesystem::remove(folder_ / "limits.db-wal");
  FILE* file = fopen(file_.c_str(), "w");
  fputs("this is no database, however long one looks at it; not at all, in no way whatsoever",
        file);
  fclose(file);
  LimitStore store;
  EXPECT_FALSE(LimitJournal::Open(file_.string(), &store, log_.get(), now).ok());
}

// What the child of the next test has done so far, seen by its parent.
struct Progress {
  struct Mark {
    std::atomic<int64_t> time_ns;
    std::atomic<uint64_t> count;
  };
  std::atomic<uint64_t> marks;
  std::array<Mark, 100'000> mark;
};

TEST_F(LimitJournalTest, R17_AfterAKillLessThanTheLast100MillisecondsAreMissing) {
  const LimitSpec count = Spec(LimitType::kCount, 1'000'000'000, 3600);
  const LimitSpec budget = Spec(LimitType::kCost, 1'000'000'000'000, 3600);
  double longest_ms = 0;
  for (int round = 0; round < 3; ++round) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    auto* progress = static_cast<Progress*>(
        mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(progress, MAP_FAILED);
    const pid_t child = fork();
    if (child == 0) {
      LimitStore store;
      auto journal = LimitJournal::Open(file_.string(), &store, log_.get(), UnixNow());
      if (!journal.ok()) _exit(1);
      for (uint64_t i = 0; i < progress->mark.size(); ++i) {
        const int64_t now = UnixNow();
        store.Take("g", "r", "count", "k", count, now);
        CostPass pass = store.PassCost("g", "r", "budget", "k", budget, 0, now);
        store.Charge(pass.ticket, 7, now);
        progress->mark[i].time_ns = UnixNow();
        progress->mark[i].count = i + 1;
        progress->marks = i + 1;
        std::this_thread::sleep_for(std::chrono::microseconds(500));
      }
      _exit(0);
    }
    while (progress->marks < 400u * static_cast<uint64_t>(round + 2)) {
      ASSERT_EQ(waitpid(child, nullptr, WNOHANG), 0) << "the child ended";
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const int64_t killed_ns = UnixNow();
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);

    LimitStore store;
    const auto journal = Open(&store, UnixNow());
    const LimitSnapshot rows = store.Snapshot("g", "r", 10, UnixNow());
    ASSERT_EQ(rows.rows.size(), 2u);
    const uint64_t charged = rows.rows[0].spent / 7;
    const uint64_t counted = rows.rows[1].spent;
    const uint64_t kept = std::min(charged, counted);
    const uint64_t made = progress->marks;
    ASSERT_GT(kept, 0u);
    // The first one that is missing was made so long before the kill.
    if (kept < made) {
      const int64_t missing_ns = killed_ns - progress->mark[kept].time_ns;
      longest_ms = std::max(longest_ms, static_cast<double>(missing_ns) / 1e6);
    }
    munmap(progress, sizeof(Progress));
  }
  RecordProperty("longest_missing_ms", std::to_string(longest_ms));
  printf("longest time that was missing after a kill: %.1f ms\n", longest_ms);
  EXPECT_LE(longest_ms, 100.0);
}

TEST_F(LimitJournalTest, AWindowOfMoreThanAYearOutlivesARestartToo) {
  // A gateway's rule of 366 days.
  const LimitSpec spec = Spec(LimitType::kCost, 100, 31'622'400, WindowTechnique::kFixed);
  const int64_t now = UnixNow();
  {
    LimitStore store;
    auto journal = Open(&store, now);
    const CostPass pass = store.PassCost("g", "r", "e", "k", spec, 0, now);
    store.Charge(pass.ticket, 100, now);
  }
  LimitStore store;
  auto journal = Open(&store, now);
  EXPECT_EQ(journal->counters().refused, 0u);
  EXPECT_FALSE(store.PassCost("g", "r", "e", "k", spec, 0, now).answer.admitted);
}

TEST_F(LimitJournalTest, OneFileIsWrittenByOneProcessAtATime) {
  LimitStore store;
  auto journal = Open(&store, UnixNow());
  LimitStore other;
  const auto second = LimitJournal::Open(file_.string(), &other, log_.get(), UnixNow());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition) << second.status();
  journal.reset();
  Open(&other, UnixNow());
}

}  // namespace
}  // namespace junctor::engine
