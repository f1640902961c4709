// Limits that outlive the process: the windows of a LimitStore in a SQLite file of their own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/limits/limit_store.h"
#include "engine/observe/log.h"

namespace junctor::engine {

class SqliteConnection;

// Changed windows are written so often. After kill -9 the last changes are missing: those of this
// time and of the commit that was under way, together less than 100 ms while the disk keeps up.
inline constexpr std::chrono::milliseconds kJournalInterval{50};

// Writes what changes in a LimitStore, on a thread of its own. The store's users never wait for the
// disk: what is to be written is no queue of events but the set of windows that have changed, so it
// is bounded by the windows that there are, and a window that changes often is written once an
// interval.
//
// What is kept: all that was spent under cost limits, counts in windows of at least
// kMinKeptWindowNs, resets and grants. Holds are not: no request outlives its process. Windows in
// which nothing counts any more go from the file within a minute or so. One process uses a file:
// the lock on `FILE.lock` says so, and ends with the process.
class LimitJournal {
 public:
  struct Counters {
    uint64_t restored = 0;  // windows read at the start
    uint64_t refused = 0;   // of those, not put back: unreadable, or more than the store takes
    uint64_t written = 0;   // windows
    uint64_t commits = 0;
    uint64_t failures = 0;  // commits that failed; what they held is tried again
    uint64_t behind = 0;    // windows that waited for the next commit when the last one ended
  };

  // Opens or makes `file`, puts its windows into `store`, and begins to write. Both outlive the
  // journal. `unix_nanoseconds` is the time now. FailedPrecondition: another process uses it.
  static absl::StatusOr<std::unique_ptr<LimitJournal>> Open(const std::string& file,
                                                            LimitStore* store, Log* log,
                                                            int64_t unix_nanoseconds);
  LimitJournal(const LimitJournal&) = delete;
  LimitJournal& operator=(const LimitJournal&) = delete;
  // Writes what is left.
  ~LimitJournal();
  // The same, for whom counters() is asked meanwhile.
  void Stop();

  // What an operator should know, a sentence each; empty while all is well. Any thread.
  std::vector<std::string> Troubles() const;
  // Any thread.
  Counters counters() const;

 private:
  LimitJournal(std::string file, LimitStore* store, Log* log);
  absl::Status TakeLock();
  absl::Status Load(int64_t unix_nanoseconds);
  void Run();
  // Writes one batch. Returns how many windows are left to write.
  size_t WriteChanges();
  absl::Status Write(const std::vector<LimitRecord>& records);
  absl::Status WriteRecord(const LimitRecord& record);
  // Deletes idle windows among the next rows.
  void Sweep();
  void NoteResult(const absl::Status& status);

  const std::string file_;
  LimitStore* const store_;
  Log* const log_;
  int lock_ = -1;  // the open `FILE.lock`
  std::unique_ptr<SqliteConnection> connection_;
  std::vector<LimitRecord> pending_;  // taken from the store and not yet committed
  int64_t sweep_row_ = 0;             // rows up to here were looked at

  std::atomic<uint64_t> restored_ = 0, refused_ = 0, written_ = 0, commits_ = 0, failures_ = 0,
                        behind_ = 0;
  std::atomic<bool> is_failing_ = false;  // the last commit failed
  std::mutex mutex_;
  std::condition_variable stop_changed_;
  bool stops_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace junctor::engine
