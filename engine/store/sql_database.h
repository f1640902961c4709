// A database of either engine: transactions, and being told when somebody changed something.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/store/sql_session.h"

namespace junctor::engine {

// Thread-safe.
class SqlDatabase {
 public:
  using Work = std::function<absl::Status(SqlSession&)>;

  virtual ~SqlDatabase() = default;

  // Runs `work` in a transaction that no other Write of any process runs beside, so that what it
  // reads can't change under it; commits when it returns OK and every statement went well. OK means
  // that the change has reached the disk. May run `work` again. Not from within a Write.
  virtual absl::Status Write(const Work& work) = 0;

  // Runs `work`, which may not change anything, on one consistent state.
  virtual absl::Status Read(const Work& work) = 0;

  // Calls `listener` from a thread of the database when a transaction that announced itself was
  // committed by any process, and when the database comes back after it was away; within a second,
  // and perhaps more often than things change. `number_sql` selects one number that changes with
  // each announcement: it is asked for as a net. Call at most once.
  virtual void Listen(std::string number_sql, std::function<void()> listener) = 0;

  // Empty while the database answers; else why it does not.
  virtual std::string Trouble() const = 0;

  // "sqlite" or "postgresql".
  virtual std::string_view engine() const = 0;
};

}  // namespace junctor::engine
