// One connection to PostgreSQL that never waits without an end.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/sql_value.h"

struct pg_conn;
struct pg_result;

namespace junctor::engine {

// How long an answer may take before the server is given up: longer than the server itself lets a
// statement run.
inline constexpr std::chrono::milliseconds kPostgresAnswerWait(12'000);

// Used by one thread at a time.
class PostgresConnection {
 public:
  // Connects to the URL (or key=value text) that libpq understands. Unavailable; InvalidArgument
  // for a text that is none, which is not repeated, since passwords stand in it.
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(
      const std::string& url, std::chrono::milliseconds answer_wait = kPostgresAnswerWait);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // Runs one statement, whose parameters are `?`. Errors as SqlSession::Execute; Aborted where the
  // transaction should be tried again.
  absl::StatusOr<SqlResult> Run(std::string_view sql, const SqlParameters& parameters = {});

  // Waits until the server sends a notification, `wake` (a descriptor) is readable, or `wait` has
  // passed. True for a notification; several that have come are one.
  absl::StatusOr<bool> WaitForNotification(std::chrono::milliseconds wait, int wake);

  // Whether the connection is of no more use.
  bool broken() const { return broken_; }

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  using Result = std::unique_ptr<pg_result, void (*)(pg_result*)>;

  PostgresConnection(pg_conn* connection, std::chrono::milliseconds answer_wait)
      : connection_(connection), answer_wait_(answer_wait) {}
  absl::Status SetUp();
  absl::Status Lost(std::string_view doing);
  absl::Status WaitFor(short events, Deadline deadline);
  absl::Status Send(Deadline deadline);
  absl::StatusOr<Result> Receive(Deadline deadline);
  absl::Status ErrorOf(const pg_result* result);

  pg_conn* const connection_;
  const std::chrono::milliseconds answer_wait_;
  bool broken_ = false;
};

}  // namespace junctor::engine
