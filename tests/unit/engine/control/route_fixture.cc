#include "tests/unit/engine/control/route_fixture.h"

#include <utility>

#include "engine/control/gateway_settings.h"
#include "tests/support/postgres_server.h"

namespace junctor::engine {

std::string ElementsCalling(const std::string& model) {
  return R"([{"id":"start","type":"start","outputs":{"next":{"elementId":"m"}}},
 {"id":"m","type":"model","properties":{"provider":"openai","model":")" +
         model + R"("},"outputs":{"success":{"elementId":"end"}}},
 {"id":"end","type":"end"}])";
}

std::string BrokenElements() {
  return R"([{"id":"start","type":"start","outputs":{"next":{"elementId":"nowhere"}}}])";
}

DeploymentOrder LiveOrder(const std::string& version_id) {
  DeploymentOrder order;
  order.version_id = version_id;
  return order;
}

void FixedFileRoutes::Add(const std::string& name, const std::string& text) {
  routes_[name] = {name, "/routes/" + name + ".jsonc", text, 3, 1'600'000'000'000};
}

std::optional<FileRoute> FixedFileRoutes::Find(std::string_view name) const {
  const auto found = routes_.find(name);
  if (found == routes_.end()) return std::nullopt;
  return found->second;
}

std::vector<FileRoute> FixedFileRoutes::All() const {
  std::vector<FileRoute> all;
  for (const auto& [name, route] : routes_) all.push_back(route);
  return all;
}

RouteControl::RouteControl() {
  if (GetParam() == "postgresql") {
    options_ = ControlStoreOptions();
    options_.postgresql_url = PostgresServer::Shared().EmptyDatabase();
  }
  Open([](ControlTransaction& transaction) {
    GatewayRow gateway;
    gateway.id = "g";
    gateway.settings = GatewaySettings::ForDefaultGateway(false).Text();
    return transaction.InsertGateway(gateway);
  });
}

void RouteControl::Open(const ControlStore::Work& before) {
  instance_ = Start([this, &before](TestInstance& instance) {
    instance.files = &files_;
    if (before == nullptr) return;
    const absl::Status status = instance.store->Change(before);
    EXPECT_TRUE(status.ok()) << status;
  });
  EXPECT_TRUE(instance_->started.ok()) << instance_->started.status();
}

void RouteControl::Restart(const ControlStore::Work& between) {
  instance_.reset();
  Open(between);
}

RouteView RouteControl::Create(const std::string& name, const std::string& elements) {
  ++instance_->now_ms;  // lists are ordered by the time
  const auto created = CreateRoute(control(), actor_, "g", name, {elements, ""});
  EXPECT_TRUE(created.ok()) << created.errors().errors.front().message;
  return created.ok() ? created->view : RouteView();
}

RouteVersion RouteControl::Save(const std::string& route, const std::string& elements) {
  const auto saved = CreateVersion(control(), actor_, "g", route, {elements, "why"});
  EXPECT_TRUE(saved.ok()) << saved.errors().errors.front().message;
  return saved.ok() ? *saved : RouteVersion();
}

MadeDeployment RouteControl::Deploy(const std::string& route, const std::string& version_id) {
  return Deploy(route, LiveOrder(version_id));
}

MadeDeployment RouteControl::Deploy(const std::string& route, const DeploymentOrder& order) {
  const auto made = CreateDeployment(control(), actor_, "g", route, order);
  EXPECT_TRUE(made.ok()) << made.errors().errors.front().message;
  return made.ok() ? *made : MadeDeployment();
}

std::optional<RouteEntry> RouteControl::Entry(const std::string& name) const {
  const auto table = instance_->registry.Snapshot();
  const RouteEntry* entry = table->Find(RegistryName("g", name));
  if (entry == nullptr) return std::nullopt;
  return *entry;
}

const RouteDeployment& RouteControl::DeploymentOf(const RouteEntry& entry) {
  return *static_cast<const RouteDeployment*>(entry.attachment.get());
}

std::string RouteControl::ModelOf(const std::string& name) const {
  return ModelOf(*instance_, name);
}

std::string RouteControl::ModelOf(const TestInstance& instance, const std::string& name) {
  const auto table = instance.registry.Snapshot();
  const RouteEntry* entry = table->Find(RegistryName("g", name));
  return entry == nullptr ? std::string() : ModelOf(*entry->program);
}

std::string RouteControl::ModelOf(const Program& program) {
  return program.parts().models.at(0).model;
}

void RouteControl::ChangeStore(const ControlStore::Work& work) {
  const absl::Status status = store().Change(work);
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace junctor::engine
