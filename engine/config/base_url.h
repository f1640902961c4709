// Where an upstream is: an absolute http or https URL in parts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace junctor::engine {

// The parts of a base URL. `path` begins with `/` and does not end with one; it is empty for the
// root.
struct BaseUrl {
  bool tls = false;
  std::string host;       // without the brackets of an IPv6 address
  uint16_t port = 0;      // the scheme's own where the URL names none
  std::string path;       // "/v1"
  std::string authority;  // as the Host header has it: brackets, and the port where it is not the
                          // scheme's own
};

// Parses `http://host[:port][/path]` or https. InvalidArgument names what is wrong: another scheme,
// no host, a bad port, user information, a query or fragment, characters that a request line can't
// carry.
absl::StatusOr<BaseUrl> ParseBaseUrl(std::string_view text);

// An address to listen on.
struct ListenAddress {
  std::string host = "127.0.0.1";  // an IP address or `localhost`; without brackets
  uint16_t port = 8787;            // 0: any free port
};

// Parses `host:port` or `[::1]:port`. InvalidArgument says what is wrong.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace junctor::engine
