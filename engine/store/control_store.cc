// The store over a database of either engine.
#include "engine/store/control_store.h"

#include <utility>

#include "engine/store/control_schema.h"
#include "engine/store/migrations.h"
#include "engine/store/postgres_database.h"
#include "engine/store/sql_database.h"
#include "engine/store/sqlite_database.h"

namespace junctor::engine {
namespace {

class SqlControlStore : public ControlStore {
 public:
  explicit SqlControlStore(std::unique_ptr<SqlDatabase> database)
      : database_(std::move(database)) {}

  absl::Status Change(const Work& work) override { return database_->Write(InSession(work)); }
  absl::Status Read(const Work& work) override { return database_->Read(InSession(work)); }
  void Listen(std::function<void()> listener) override {
    database_->Listen("SELECT COALESCE(MAX(sequence), 0) FROM changes", std::move(listener));
  }
  std::string Trouble() const override { return database_->Trouble(); }
  std::string_view engine() const override { return database_->engine(); }

 private:
  static SqlDatabase::Work InSession(const Work& work) {
    return [&work](SqlSession& session) {
      ControlTransaction transaction(&session);
      return work(transaction);
    };
  }

  const std::unique_ptr<SqlDatabase> database_;
};

absl::StatusOr<std::unique_ptr<SqlDatabase>> OpenDatabase(const ControlStoreOptions& options) {
  if (!options.postgresql_url.empty()) return PostgresDatabase::Open(options.postgresql_url);
  return SqliteDatabase::Open(options.sqlite_file);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlStore>> ControlStore::Open(
    const ControlStoreOptions& options) {
  absl::StatusOr<std::unique_ptr<SqlDatabase>> database = OpenDatabase(options);
  if (!database.ok()) return database.status();
  const absl::Status migrated = Migrate(database->get(), "control", ControlMigrations());
  if (!migrated.ok()) return migrated;
  return std::make_unique<SqlControlStore>(*std::move(database));
}

}  // namespace junctor::engine
