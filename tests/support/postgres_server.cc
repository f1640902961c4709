#include "tests/support/postgres_server.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace junctor {
namespace {

void DieUnless(bool holds, const std::string& message) {
  if (holds) return;
  std::fprintf(stderr, "the tests' PostgreSQL: %s\n", message.c_str());
  std::abort();
}

}  // namespace

PostgresServer::PostgresServer() {
  std::string folder = std::filesystem::temp_directory_path() / "junctor_pg_XXXXXX";
  DieUnless(mkdtemp(folder.data()) != nullptr, "no temporary folder");
  folder_ = folder;
  Start();
}

PostgresServer::~PostgresServer() { Control("remove " + folder_); }

PostgresServer& PostgresServer::Shared() {
  static PostgresServer server;
  return server;
}

std::string PostgresServer::Url(const std::string& name) const {
  return "postgresql://junctor@/" + name + "?host=" + folder_;
}

std::string PostgresServer::CreateDatabase(const std::string& name) const {
  Run("postgres", "CREATE DATABASE " + name);
  return Url(name);
}

std::string PostgresServer::EmptyDatabase() const {
  Run("postgres", "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  return Url("postgres");
}

void PostgresServer::Run(const std::string& database, const std::string& sql) const {
  PGconn* connection = PQconnectdb(Url(database).c_str());
  PQsetNoticeProcessor(
      connection, [](void* /*unused*/, const char* /*notice*/) {}, nullptr);
  PGresult* result = PQexec(connection, sql.c_str());
  DieUnless(PQresultStatus(result) == PGRES_COMMAND_OK, PQerrorMessage(connection));
  PQclear(result);
  PQfinish(connection);
}

void PostgresServer::Start() const { Control("start " + folder_ + " " + std::to_string(getpid())); }

void PostgresServer::Stop() const { Control("stop " + folder_); }

void PostgresServer::Crash() const { Control("stop " + folder_ + " immediate"); }

void PostgresServer::Control(const std::string& arguments) const {
  const char* root = std::getenv("JUNCTOR_SOURCE_DIR");
  DieUnless(root != nullptr, "JUNCTOR_SOURCE_DIR is not set: run by ctest");
  const std::string command = std::string(root) + "/tests/support/postgres " + arguments;
  DieUnless(std::system(command.c_str()) == 0, "failed: " + command);
}

}  // namespace junctor
