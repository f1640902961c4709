// The control plane of a serving process: its store, its master keys, the control plane itself and
// the admin API's listener, made from the configuration and taken down in order.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/admin/admin_server.h"
#include "engine/config/config.h"
#include "engine/control/control_plane.h"
#include "engine/directory/directory.h"
#include "engine/directory/live.h"
#include "engine/net/public_address.h"
#include "engine/observe/log.h"
#include "engine/secrets/master_keys.h"
#include "engine/store/control_store.h"

namespace junctor::engine {

// Used by the main thread, but for what says otherwise.
class ControlService {
 public:
  // What it works with; all of it outlives it.
  struct Parts {
    const Config* config = nullptr;  // has a control plane
    Registry* registry = nullptr;
    Live<Directory>* directory = nullptr;
    const FileRoutes* files = nullptr;
    const ShadowDifferences* shadow_differences = nullptr;
    LimitBackend* limits = nullptr;
    Log* log = nullptr;
    std::function<void()> on_live;
    std::function<std::string()> data_plane_url;
    PriceBook prices;  // of the process
  };

  // Opens the store and the master keys. An error of one line where that can't be done.
  static absl::StatusOr<std::unique_ptr<ControlService>> Open(Parts parts);
  ~ControlService();

  // Puts live what the store has. Shows the first admin token on standard output where one was
  // made.
  absl::Status Start();
  // Begins to serve the admin API where the configuration has one.
  absl::Status Listen();
  // Lets running requests of the admin API finish, and takes no more.
  void StopListening();

  ControlPlane* control() { return control_.get(); }
  // What custom providers may reach, checked again at each connection.
  std::shared_ptr<const net::PrivateTargets> private_targets() const { return private_targets_; }

 private:
  explicit ControlService(Parts parts);

  const Parts parts_;
  std::shared_ptr<const net::PrivateTargets> private_targets_;
  std::unique_ptr<const MasterKeys> master_keys_;  // null: there are none
  std::unique_ptr<ControlStore> store_;
  std::unique_ptr<ControlPlane> control_;
  std::unique_ptr<AdminServer> server_;
};

}  // namespace junctor::engine
