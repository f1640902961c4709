// A control plane over a database of its own, for tests; and a second one over the same database,
// as another instance would be.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/config/config.h"
#include "engine/control/control_plane.h"
#include "engine/directory/live.h"
#include "engine/limits/limit_store.h"
#include "engine/secrets/master_keys.h"

namespace junctor::engine {

// One instance: its view of the database at `options`; what else it writes is in `folder`.
struct TestInstance {
  // What the fixture does with an instance before it starts.
  using SetUp = std::function<void(TestInstance&)>;

  TestInstance(const std::string& folder, const ControlStoreOptions& options, const SetUp& set_up);

  // What it logged, from debug on.
  std::string LogText() const;

  const std::string log_file;
  Config config;
  std::unique_ptr<Log> log;
  std::optional<MasterKeys> master_keys;
  std::unique_ptr<ControlStore> store;
  const FileRoutes* files = nullptr;  // as the fixture sets it
  LimitStore limits;
  Registry registry;
  Live<Directory> directory;
  std::atomic<int64_t> now_ms = 1'800'000'000'000;
  std::unique_ptr<ControlPlane> control;
  absl::StatusOr<std::string> started;  // the first token, or why it did not start
};

class ControlTest : public ::testing::Test {
 protected:
  ControlTest();
  ~ControlTest() override;

  // Starts an instance. It has an admin API and a master key.
  std::unique_ptr<TestInstance> Start(const TestInstance::SetUp& set_up = {}) const;

  const std::string& folder() const { return folder_; }

  ControlStoreOptions options_;  // a SQLite file in `folder`, where a test says nothing else

 private:
  std::string folder_;
};

// Waits until `holds`, for up to ten seconds; whether it came to hold.
bool Eventually(const std::function<bool()>& holds);

}  // namespace junctor::engine
