// A control plane over an empty database with the gateway `g`, for the tests of routes.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/control/control_plane.h"
#include "engine/control/route_operations.h"
#include "engine/directory/route_deployment.h"
#include "engine/store/control_store.h"
#include "engine/store/file_routes.h"
#include "runtime/registry/registry.h"
#include "tests/unit/engine/control/control_fixture.h"

namespace junctor::engine {

// Elements that call `model` and nothing else.
std::string ElementsCalling(const std::string& model);
// Elements that do not compile: the output leads nowhere.
std::string BrokenElements();

// An order to deploy a version live.
DeploymentOrder LiveOrder(const std::string& version_id);

// Routes of files as a test says.
class FixedFileRoutes : public FileRoutes {
 public:
  void Add(const std::string& name, const std::string& text);
  std::optional<FileRoute> Find(std::string_view name) const override;
  std::vector<FileRoute> All() const override;

 private:
  std::map<std::string, FileRoute, std::less<>> routes_;
};

// The parameter is the store's engine.
class RouteControl : public ControlTest, public ::testing::WithParamInterface<std::string> {
 protected:
  RouteControl();

  ControlPlane& control() { return *instance_->control; }
  ControlStore& store() { return *instance_->store; }
  // Another instance over the same database.
  std::unique_ptr<TestInstance> StartAnother() const { return Start(); }
  // The instance ends, `between` changes the store, and an instance with an empty registry starts.
  void Restart(const ControlStore::Work& between = nullptr);

  // Each expects success and returns what was made.
  RouteView Create(const std::string& name, const std::string& elements);
  RouteVersion Save(const std::string& route, const std::string& elements);
  MadeDeployment Deploy(const std::string& route, const std::string& version_id);
  MadeDeployment Deploy(const std::string& route, const DeploymentOrder& order);

  // What serves as `g/<name>`; nothing: no such route.
  std::optional<RouteEntry> Entry(const std::string& name) const;
  static const RouteDeployment& DeploymentOf(const RouteEntry& entry);
  // The model that the route calls now; empty: no such route.
  std::string ModelOf(const std::string& name) const;
  static std::string ModelOf(const TestInstance& instance, const std::string& name);
  static std::string ModelOf(const Program& program);

  void ChangeStore(const ControlStore::Work& work);

  const Actor actor_{"t1", "ada", "10.0.0.1", "API"};
  FixedFileRoutes files_;
  std::unique_ptr<TestInstance> instance_;

 private:
  void Open(const ControlStore::Work& before);
};

#define JUNCTOR_ROUTES_ON_EVERY_ENGINE(Suite)                                         \
  INSTANTIATE_TEST_SUITE_P(Engines, Suite, ::testing::Values("sqlite", "postgresql"), \
                           [](const auto& engine_info) { return engine_info.param; })

}  // namespace junctor::engine
