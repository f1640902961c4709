// Which upstreams are reached through an HTTP proxy, as the usual environment variables say.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/net/client.h"

namespace junctor::net {

// The value of an environment variable, or null when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;

// An HTTP proxy, itself spoken to without TLS.
struct ProxyServer {
  std::string host;  // a name or a numeric address, IPv6 without brackets
  uint16_t port = 80;
  std::string authorization;  // the value of Proxy-Authorization, "Basic …"; "": none

  bool operator==(const ProxyServer&) const = default;
};

// The settings of one process. A value; immutable, so that threads may share it. Default
// constructed: no proxies.
class ProxySettings {
 public:
  ProxySettings() = default;

  // Reads HTTPS_PROXY (for upstreams with TLS), HTTP_PROXY (for the others), ALL_PROXY (for those
  // that have no variable of their own) and NO_PROXY; the lower-case name of each goes first, an
  // empty value counts as unset. A proxy is "[http://][user:password@]host[:port]", the port 80
  // when absent, user and password percent-encoded. NO_PROXY is a list, separated by commas, of
  // "*" (no proxies at all), names ("example.com": it and what is below it; ".example.com" and
  // "*.example.com": only what is below), addresses and CIDR blocks, each of the first and third
  // kind with an optional ":port". What can't be used is InvalidArgument, names the variable, and
  // has no credentials in its text.
  static absl::StatusOr<ProxySettings> FromEnvironment(const EnvironmentLookup& lookup);

  // The proxy for `upstream`; null: none. Never one for localhost, 127.0.0.0/8 and ::1. Valid as
  // long as these settings.
  const ProxyServer* ProxyFor(const Upstream& upstream) const;

  bool empty() const { return !https_ && !http_; }

 private:
  // One entry of NO_PROXY: a name, or a block of addresses.
  struct Exception {
    std::string suffix;          // lower case; "" for a block
    bool below_only = false;     // not the name itself
    std::vector<uint8_t> bytes;  // of the block's address, 16 (IPv4 mapped into IPv6)
    int prefix_bits = 0;         // of the 128
    uint16_t port = 0;           // 0: any
  };

  static absl::StatusOr<Exception> ParseException(std::string_view entry);
  bool IsExcepted(const Upstream& upstream) const;

  std::optional<ProxyServer> https_;
  std::optional<ProxyServer> http_;
  bool except_all_ = false;
  std::vector<Exception> exceptions_;
};

}  // namespace junctor::net
