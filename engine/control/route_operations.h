// What can be done with routes, their versions and their deployments: each function is one change,
// or one look, of the control plane.
//
// A route is named by its id, or else by its name. Those from files are shown with the id
// `file:<name>` and can't be changed: 409 names the file. A route that is not there, or whose
// gateway is not: 404.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/control/control_error.h"
#include "engine/control/control_plane.h"
#include "engine/store/control_rows.h"

namespace junctor::engine {

// What the ids of routes from files begin with.
inline constexpr std::string_view kFileIdPrefix = "file:";

// Longest comment of a version: a commit message fits, a document does not belong there.
inline constexpr size_t kMaxVersionComment = 4096;

// A route with what is live. Of one from a file, `route.id`, `version.id` and `deployment.id` are
// `file:<name>`, and the times those of the file.
struct RouteView {
  RouteRow route;
  VersionRow version;        // the live one; without its program
  DeploymentRow deployment;  // the live one
  std::string file;          // that it comes from; empty: none
};

// A version that was made, with the route and the compiler's warnings.
struct RouteVersion {
  RouteRow route;
  VersionRow version;
  bool active = false;   // live
  bool is_valid = true;  // it compiles with this junctor
  std::vector<ControlError> warnings;
};

// What a new version is made of.
struct VersionText {
  std::string elements;  // a JSON array, as it was sent
  std::string comment;
  std::string deadline = {};  // a JSON value, as it was sent; empty: none
};

// What createDeployment asks for.
struct DeploymentOrder {
  std::string version_id;
  DeploymentKind kind = DeploymentKind::kLive;
  uint32_t share_millionths = 0;  // kGradual
  std::string key;                // kGradual; empty: each request for itself
};

// Makes a route with its first version, deployed. 400 with every diagnostic where it does not
// compile; 409 where the name is taken in the gateway, or by a file.
struct CreatedRoute {
  RouteView view;
  std::vector<ControlError> warnings;
};
ControlResult<CreatedRoute> CreateRoute(ControlPlane& control, const Actor& actor,
                                        std::string_view gateway, const std::string& name,
                                        const VersionText& text);

// The gateway's stored routes, and after them those from files.
ControlResult<Page<RouteView>> ListRoutes(ControlPlane& control, std::string_view gateway,
                                          PageOf page);
ControlResult<RouteView> GetRoute(ControlPlane& control, std::string_view gateway,
                                  std::string_view id);
// 400 where `name` is none; 409 where it is taken.
ControlResult<RouteView> RenameRoute(ControlPlane& control, const Actor& actor,
                                     std::string_view gateway, std::string_view id,
                                     const std::string& name);
// Takes the versions and deployments with it. Returns what was there.
ControlResult<RouteView> DeleteRoute(ControlPlane& control, const Actor& actor,
                                     std::string_view gateway, std::string_view id);

// Saves a version, which does not serve until it is deployed.
ControlResult<RouteVersion> CreateVersion(ControlPlane& control, const Actor& actor,
                                          std::string_view gateway, std::string_view id,
                                          const VersionText& text);
// Newest first.
ControlResult<Page<RouteVersion>> ListVersions(ControlPlane& control, std::string_view gateway,
                                               std::string_view id, PageOf page);
ControlResult<RouteVersion> GetVersion(ControlPlane& control, std::string_view gateway,
                                       std::string_view id, std::string_view version_id);

// Puts a version to work. A live deployment ends a gradual and a shadow one; one of these replaces
// the acting one of its kind. 400 with every diagnostic where the version does not compile any more
// (R35), and where a version is to serve beside itself.
struct MadeDeployment {
  RouteRow route;
  VersionRow version;
  DeploymentRow deployment;
};
ControlResult<MadeDeployment> CreateDeployment(ControlPlane& control, const Actor& actor,
                                               std::string_view gateway, std::string_view id,
                                               const DeploymentOrder& order);
// Newest first.
ControlResult<Page<DeploymentRow>> ListDeployments(ControlPlane& control, std::string_view gateway,
                                                   std::string_view id, PageOf page);
ControlResult<DeploymentRow> GetDeployment(ControlPlane& control, std::string_view gateway,
                                           std::string_view id, std::string_view deployment_id);
// Ends a gradual or shadow deployment. 409 for the live one, and for one that has ended.
ControlResult<DeploymentRow> DeleteDeployment(ControlPlane& control, const Actor& actor,
                                              std::string_view gateway, std::string_view id,
                                              std::string_view deployment_id);

// "live", "gradual", "shadow".
std::string_view DeploymentKindName(DeploymentKind kind);

}  // namespace junctor::engine
