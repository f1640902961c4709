// PostgreSQL: for several gateways behind a balancer.
#pragma once

#include <chrono>
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
#include "engine/store/postgres_connection.h"
#include "engine/store/sql_database.h"

namespace junctor::engine {

// A pool of connections, and one that listens (LISTEN), with a look every 500 ms as a net. Writes
// of all instances take turns by an advisory lock. While the server is away every call fails at
// once with Unavailable; it is tried again with growing pauses, and by the listening thread.
// Thread-safe.
class PostgresDatabase : public SqlDatabase {
 public:
  // Connects. Unavailable; FailedPrecondition for a database that is not UTF8.
  static absl::StatusOr<std::unique_ptr<PostgresDatabase>> Open(const std::string& url);
  ~PostgresDatabase() override;

  absl::Status Write(const Work& work) override;
  absl::Status Read(const Work& work) override;
  void Listen(std::string number_sql, std::function<void()> listener) override;
  std::string Trouble() const override;
  std::string_view engine() const override { return "postgresql"; }

 private:
  enum class Kind { kWrite, kRead };

  explicit PostgresDatabase(std::string url, int wake);
  absl::Status Transact(Kind kind, const Work& work);
  absl::StatusOr<std::unique_ptr<PostgresConnection>> Connect();
  absl::StatusOr<std::unique_ptr<PostgresConnection>> Take();
  void GiveBack(std::unique_ptr<PostgresConnection> connection);
  void NoteAway(const absl::Status& status);
  void NoteHere();
  void NoteWrite(const absl::Status& status);
  void Wake();
  bool Stopped() const;
  absl::StatusOr<std::unique_ptr<PostgresConnection>> ConnectListener();
  void Watch(const std::string& number_sql, const std::function<void()>& listener);

  const std::string url_;
  const int wake_;  // an eventfd that ends a wait of the listening thread

  // Held by the one that writes, so that those who wait to write take no connections from those who
  // read.
  std::mutex writer_mutex_;

  mutable std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;  // guarded by mutex_
  size_t connections_ = 0;                                 // in use or idle; guarded by mutex_
  std::string away_;           // why the server is away; empty: it is not; guarded by mutex_
  std::string write_trouble_;  // why the last write did not work; guarded by mutex_
  std::chrono::milliseconds pause_{0};              // until it is tried again; guarded by mutex_
  std::chrono::steady_clock::time_point retry_at_;  // guarded by mutex_
  bool came_back_ = false;                          // guarded by mutex_
  bool stop_ = false;                               // guarded by mutex_
  std::thread watcher_;
};

}  // namespace junctor::engine
