// From a request of the admin listener to the handler of its endpoint: who asks, whether they may,
// and which endpoint it is. Knows nothing of the HTTP library.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/admin/admin_endpoints.h"
#include "engine/admin/admin_request.h"
#include "engine/control/control_plane.h"

namespace junctor::engine {

// Where the API begins; the patterns of endpoints continue it.
inline constexpr std::string_view kAdminBasePath = "/client/v4";

// A request's head as it came in.
struct AdminCall {
  std::string method;
  std::string target;         // path and query, percent-encoded
  std::string authorization;  // the header; empty: none
  std::string auth_key;       // X-Auth-Key; empty: none
  std::string user_agent;
  std::string peer_ip;  // of the connection: what a proxy says in X-Forwarded-For is not believed
};

// Thread-safe.
class AdminDispatcher {
 public:
  // What is given outlives the dispatcher.
  AdminDispatcher(ControlPlane* control, std::vector<AdminEndpoint> endpoints);

  // A request that may be made; all but its body is there.
  struct Admitted {
    AdminHandler handler = nullptr;
    AdminRequest request;
  };

  // Looks at the head alone, so that nobody without a token makes the server read a body. Gives the
  // answer that refuses the request: 401, 404, 405, 400 for a path or query that can't be decoded,
  // 403.
  std::variant<AdminAnswer, Admitted> Admit(const AdminCall& call) const;

  AdminAnswer Run(Admitted admitted, std::string body) const;

  // Both.
  AdminAnswer Answer(const AdminCall& call, std::string body) const;

 private:
  // One segment of a pattern: a literal, or a placeholder's name.
  struct Segment {
    std::string_view text;
    bool is_placeholder = false;
  };
  struct Route {
    AdminEndpoint endpoint;
    std::vector<Segment> segments;
    bool has_gateway = false;  // the first of AdminRequest::values is {gateway_id}
  };

  static bool Matches(const Route& route, const std::vector<std::string>& path);

  ControlPlane* const control_;
  std::vector<Route> routes_;
};

}  // namespace junctor::engine
