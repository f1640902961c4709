// Puts the store's routes live: stored programs into the registry, compiled anew where this junctor
// has another bytecode.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "compiler/compile.h"
#include "engine/config/config.h"
#include "engine/control/stored_program.h"
#include "engine/directory/route_deployment.h"
#include "engine/observe/log.h"
#include "engine/store/control_store.h"
#include "engine/store/file_routes.h"
#include "runtime/program/program.h"
#include "runtime/registry/registry.h"

namespace junctor::engine {

// Earlier deployments that are tried for a route whose deployed version can't be loaded and that
// does not serve yet.
inline constexpr int64_t kMaxEarlierDeployments = 20;

// LoadAll, Load and RoutesOf are used under the control plane's lock; Troubles and GatewayOf by any
// thread.
class RouteLoader {
 public:
  // What is given outlives the loader.
  // `files`: null where no routes come from files.
  RouteLoader(const Config* config, ControlStore* store, Registry* registry,
              const FileRoutes* files, Log* log);

  // Puts every stored route live, in one swap.
  absl::Status LoadAll();

  // Puts live what the store says of these routes now, in one swap; a route that is gone is taken
  // out. A version that can't be loaded leaves what serves serving, loudly (R35); where nothing
  // serves yet, the newest earlier deployment whose version can be loaded serves.
  absl::Status Load(const std::vector<std::string>& route_ids);

  // The routes of a gateway that were loaded: what to load again when the gateway is gone.
  std::vector<std::string> RoutesOf(std::string_view gateway_id) const;

  // Routes whose deployed version does not serve, and why.
  std::vector<std::string> Troubles() const;

  // A gateway that has a stored route called `name`; empty: none. What decides whether a file of
  // that name may serve.
  std::string GatewayOf(std::string_view name) const;

 private:
  // What is known of a route that the store has.
  struct Loaded {
    std::string gateway_id;
    std::string name;
    std::vector<std::string> troubles;
  };
  // Bytecode to keep in place of what the store has.
  struct Recompiled {
    std::string version_id;
    std::string bytes;
  };
  // What one loading comes to, before it is put live.
  struct Batch {
    std::vector<RouteChange> removals;  // before the others: a name may be freed and taken at once
    std::vector<RouteChange> changes;
    std::vector<Recompiled> recompiled;
    std::vector<ServingRoute> without_program;  // nothing of them serves: try earlier deployments
    size_t routes = 0;
  };

  void Take(ServingRoute serving, const RouteTable& table, Batch* batch);
  // A name comes from a file or from the store; another instance may not know the file.
  void SayIfOfFile(const RouteRow& route) const;
  void TakeOut(const std::string& route_id, Batch* batch);
  absl::Status TakeEarlier(Batch* batch);
  // The program of `version`, from what serves (`known`) or from the store; null and a trouble
  // where there is none.
  std::shared_ptr<const Program> ProgramOf(const RouteRow& route, const VersionRow& version,
                                           std::string_view what, const RouteEntry* known,
                                           Batch* batch, std::vector<std::string>* troubles);
  void PutLive(Batch batch);
  void SavePrograms(const std::vector<Recompiled>& recompiled);

  ControlStore* const store_;
  Registry* const registry_;
  const FileRoutes* const files_;
  Log* const log_;
  const compiler::CompileOptions options_;

  mutable std::mutex mutex_;              // held for moments: other threads look
  std::map<std::string, Loaded> loaded_;  // by route id; guarded by mutex_
  std::multimap<std::string, std::string, std::less<>>
      gateways_;  // by route name; guarded by mutex_
};

}  // namespace junctor::engine
