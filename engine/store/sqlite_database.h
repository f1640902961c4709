// SQLite: one file beside the gateway.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/sql_database.h"
#include "engine/store/sqlite_connection.h"

namespace junctor::engine {

// A file in WAL mode with synchronous=FULL: one connection writes, a few read beside it, and a
// commit returns after fsync. Other processes may use the file too; what they change is noticed by
// a look every 250 ms. Thread-safe.
class SqliteDatabase : public SqlDatabase {
 public:
  // Opens or creates `file`. Unavailable, DataLoss (not a database), with the path in the message.
  static absl::StatusOr<std::unique_ptr<SqliteDatabase>> Open(const std::string& file);
  ~SqliteDatabase() override;

  absl::Status Write(const Work& work) override;
  absl::Status Read(const Work& work) override;
  void Listen(std::string number_sql, std::function<void()> listener) override;
  std::string Trouble() const override;
  std::string_view engine() const override { return "sqlite"; }

 private:
  SqliteDatabase(std::string file, std::unique_ptr<SqliteConnection> writer);
  absl::StatusOr<std::unique_ptr<SqliteConnection>> TakeReader();
  void GiveBack(std::unique_ptr<SqliteConnection> reader);
  absl::Status WithFile(const absl::Status& status) const;
  void NoteHealth(std::string* trouble, const absl::Status& status);
  void Watch(const std::string& number_sql, const std::function<void()>& listener);

  const std::string file_;

  std::mutex writer_mutex_;
  const std::unique_ptr<SqliteConnection> writer_;  // guarded by writer_mutex_

  std::mutex readers_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_readers_;  // guarded by readers_mutex_
  size_t readers_ = 0;  // in use or idle; guarded by readers_mutex_

  mutable std::mutex watch_mutex_;
  std::condition_variable watch_wake_;
  // Why the last write, and the last read, did not work; empty: they did. Guarded by watch_mutex_.
  std::string write_trouble_;
  std::string read_trouble_;
  bool came_back_ = false;  // guarded by watch_mutex_
  bool announced_ = false;  // guarded by watch_mutex_
  bool stop_ = false;       // guarded by watch_mutex_
  std::thread watcher_;
};

}  // namespace junctor::engine
