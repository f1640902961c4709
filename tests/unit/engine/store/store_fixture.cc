#include "tests/unit/engine/store/store_fixture.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "engine/store/postgres_database.h"
#include "engine/store/sqlite_database.h"
#include "tests/support/postgres_server.h"

namespace junctor::engine {
namespace {

// Numbers the databases of this process.
int NextNumber() {
  static int number = 0;
  return ++number;
}

}  // namespace

StoreTest::StoreTest() {
  const std::string name = "store_" + std::to_string(getpid()) + "_" + std::to_string(NextNumber());
  if (GetParam() == "postgresql") {
    options_.postgresql_url = PostgresServer::Shared().EmptyDatabase();
    return;
  }
  folder_ = std::filesystem::temp_directory_path() / ("junctor_" + name);
  std::filesystem::create_directories(folder_);
  options_.sqlite_file = folder_ + "/junctor.db";
}

StoreTest::~StoreTest() {
  store_.reset();
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

std::unique_ptr<SqlDatabase> StoreTest::OpenDatabase() {
  if (!options_.postgresql_url.empty()) {
    auto database = PostgresDatabase::Open(options_.postgresql_url);
    EXPECT_TRUE(database.ok()) << database.status();
    return *std::move(database);
  }
  auto database = SqliteDatabase::Open(options_.sqlite_file);
  EXPECT_TRUE(database.ok()) << database.status();
  return *std::move(database);
}

std::unique_ptr<ControlStore> StoreTest::Open() {
  auto opened = ControlStore::Open(options_);
  EXPECT_TRUE(opened.ok()) << opened.status();
  return *std::move(opened);
}

ControlStore& StoreTest::store() {
  if (store_ == nullptr) store_ = Open();
  return *store_;
}

void StoreTest::Change(const ControlStore::Work& work) {
  const absl::Status status = store().Change(work);
  EXPECT_TRUE(status.ok()) << status;
}

void StoreTest::Read(const ControlStore::Work& work) {
  const absl::Status status = store().Read(work);
  EXPECT_TRUE(status.ok()) << status;
}

GatewayRow GatewayOf(const std::string& id) {
  return {.id = id, .settings = "{}", .is_default = false, .created_ms = 1, .modified_ms = 2};
}

RouteRow RouteOf(const std::string& id, const std::string& gateway, const std::string& name) {
  return {.id = id,
          .gateway_id = gateway,
          .name = name,
          .live_version_id = id + "-v1",
          .created_ms = 1,
          .modified_ms = 2};
}

VersionRow VersionOf(const std::string& id, const std::string& route, int64_t number) {
  return {.id = id,
          .route_id = route,
          .number = number,
          .elements = "[]",
          .deadline = "",
          .source_hash = "hash",
          .comment = "comment of " + id,
          .author = "author",
          .program = "program of " + id,
          .program_format = 3,
          .created_ms = 1000 + number};
}

DeploymentRow DeploymentOf(const std::string& id, const std::string& route,
                           const std::string& version, DeploymentKind kind) {
  return {.id = id,
          .route_id = route,
          .version_id = version,
          .kind = kind,
          .share_millionths = 0,
          .key = "",
          .created_ms = 1,
          .ended_ms = 0};
}

ProviderConfigRow ConfigOf(const std::string& id, const std::string& gateway,
                           const std::string& alias, const std::string& secret) {
  ProviderConfigRow row;
  row.id = id;
  row.gateway_id = gateway;
  row.provider_slug = "openai";
  row.alias = alias;
  row.secret_id = secret;
  row.created_ms = 1;
  row.modified_ms = 2;
  return row;
}

SecretRow SecretOf(const std::string& id) {
  return {.id = id,
          .sealed = "sealed",
          .master_key_id = "key",
          .preview = "sk-…abcd",
          .created_ms = 1,
          .modified_ms = 2};
}

TokenRow TokenOf(const std::string& id, unsigned char first_of_hash) {
  TokenRow row;
  row.id = id;
  row.name = "name of " + id;
  row.hash[0] = first_of_hash;
  row.hash[31] = 0xff;
  row.preview = "jct_AbCd…wxyz";
  row.permissions = 5;
  row.created_ms = 1;
  return row;
}

absl::Status InsertServing(ControlTransaction& transaction, const std::string& gateway,
                           const std::string& route) {
  RETURN_IF_ERROR(transaction.InsertRoute(RouteOf(route, gateway, "name of " + route)));
  RETURN_IF_ERROR(transaction.InsertVersion(VersionOf(route + "-v1", route, 1)));
  return transaction.InsertDeployment(DeploymentOf(route + "-d1", route, route + "-v1"));
}

bool WaitUntil(const std::function<bool()>& holds, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace junctor::engine
