// Which addresses a stranger may make the gateway connect to: the ones of the public internet, and
// those that the operator names. Used when a target is saved and again when it is connected to.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace junctor::net {

// Whether `address` is a unicast address of the public internet: not private, loopback, link-local,
// shared, reserved, for documentation or multicast (IANA's special-purpose registries). An IPv4
// address inside an IPv6 one (mapped, NAT64, 6to4) counts as itself.
bool IsPublicAddress(const boost::asio::ip::address& address);

// The operator's exceptions: `allow_private_targets` of the configuration. A value; immutable, so
// that threads may share it. Default constructed: no exceptions.
class PrivateTargets {
 public:
  PrivateTargets() = default;

  // Each entry is a host name (`localhost`, that name alone), an address or a network
  // (`10.1.0.0/16`, `fd00::/8`). InvalidArgument names the entry that is none of them.
  static absl::StatusOr<PrivateTargets> Parse(const std::vector<std::string>& entries);

  // Whether a connection to `address`, which `host` led to, may be made: the address is public, it
  // is in a network that is named, or `host` is a name that is named.
  bool Allows(std::string_view host, const boost::asio::ip::address& address) const;

 private:
  struct Network {
    boost::asio::ip::address_v6::bytes_type bytes;  // IPv4 mapped into IPv6
    int prefix_bits = 0;                            // of the 128
  };

  std::vector<std::string> hosts_;  // lower case, without a dot at the end
  std::vector<Network> networks_;
};

// The addresses that the system knows of a name; none where it knows none. Blocks.
using HostLookup = std::function<std::vector<boost::asio::ip::address>(const std::string& name)>;
std::vector<boost::asio::ip::address> SystemLookup(const std::string& name);

// Longest wait for the addresses of a name that somebody asks about: what name servers that are
// there need, tries included.
inline constexpr std::chrono::milliseconds kMaxTargetLookup{5000};

// Whether custom providers may be at `host`, a name or a numeric address without brackets: every
// address that it leads to now must be allowed by `targets`. PermissionDenied names the one that is
// not. A name that can't be resolved within `most` is left to the check when it is connected to.
// Blocks for so long; `look_up` may go on for longer, on a thread of its own.
absl::Status CheckTarget(std::string_view host, const PrivateTargets& targets,
                         std::chrono::milliseconds most = kMaxTargetLookup,
                         const HostLookup& look_up = SystemLookup);

}  // namespace junctor::net
