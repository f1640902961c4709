// Tests that run on an empty database of each engine.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/store/control_store.h"
#include "engine/store/sql_database.h"

namespace junctor::engine {

// The parameter is the engine's name.
class StoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  StoreTest();
  ~StoreTest() override;

  const ControlStoreOptions& options() const { return options_; }
  // The database below the store, without its tables being looked at.
  std::unique_ptr<SqlDatabase> OpenDatabase();
  std::unique_ptr<ControlStore> Open();
  // One store that the test has from its start.
  ControlStore& store();

  // Run `work` in the store, and fail the test where it does not succeed.
  void Change(const ControlStore::Work& work);
  void Read(const ControlStore::Work& work);

 private:
  std::string folder_;
  ControlStoreOptions options_;
  std::unique_ptr<ControlStore> store_;
};

// A gateway, a route in it with a version that is live, in one change.
GatewayRow GatewayOf(const std::string& id);
RouteRow RouteOf(const std::string& id, const std::string& gateway, const std::string& name);
VersionRow VersionOf(const std::string& id, const std::string& route, int64_t number);
DeploymentRow DeploymentOf(const std::string& id, const std::string& route,
                           const std::string& version, DeploymentKind kind = DeploymentKind::kLive);
ProviderConfigRow ConfigOf(const std::string& id, const std::string& gateway,
                           const std::string& alias, const std::string& secret);
SecretRow SecretOf(const std::string& id);
TokenRow TokenOf(const std::string& id, unsigned char first_of_hash);

// Inserts `route` with its live version `<route>-v1`, which is deployed as `<route>-d1`.
absl::Status InsertServing(ControlTransaction& transaction, const std::string& gateway,
                           const std::string& route);

// Waits until `holds`, at most `seconds`; whether it came to hold.
bool WaitUntil(const std::function<bool()>& holds, double seconds = 10);

#define JUNCTOR_ON_EVERY_ENGINE(Suite)                                                \
  INSTANTIATE_TEST_SUITE_P(Engines, Suite, ::testing::Values("sqlite", "postgresql"), \
                           [](const auto& engine_info) { return engine_info.param; })

// In a store's work: passes on what is not OK.
#define RETURN_IF_ERROR(expression) \
  if (const absl::Status status_of_it = (expression); !status_of_it.ok()) return status_of_it

}  // namespace junctor::engine
