// A PostgreSQL of the test's own, from the installed packages (tests/support/postgres).
#pragma once

#include <string>

namespace junctor {

// Ends the process with a message where the server can't be made: a test that needs one must not
// pass without. Not thread-safe.
class PostgresServer {
 public:
  // Makes a cluster in a temporary folder and starts it.
  PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  // Stops it and removes the folder.
  ~PostgresServer();

  // One that all tests of a process share.
  static PostgresServer& Shared();

  // The URL of the database `name`, which need not exist.
  std::string Url(const std::string& name) const;
  // Makes an empty database, and gives its URL.
  std::string CreateDatabase(const std::string& name) const;
  // One that tests use one after the other, emptied: much faster than a new one.
  std::string EmptyDatabase() const;

  void Start() const;
  // As a restart by an operator does: open connections are ended.
  void Stop() const;
  // As a crash: nothing is written that was not, and the next start recovers.
  void Crash() const;

 private:
  void Control(const std::string& arguments) const;
  void Run(const std::string& database, const std::string& sql) const;

  std::string folder_;
};

}  // namespace junctor
