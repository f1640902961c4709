#include "engine/config/redis_address.h"

#include <charconv>
#include <optional>

namespace junctor::engine {
namespace {

constexpr std::string_view kForms =
    "expected `redis://[[user]:password@]host[:port][/database]` or "
    "`unix://[[user]:password@]/path[?db=database]`";

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(std::string(what) + "; " + std::string(kForms));
}

template <typename Number>
bool ReadNumber(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16);
    if (error != std::errc() || end != &text[i + 1] + 2) return std::nullopt;
    decoded.push_back(static_cast<char>(value));
    i += 2;
  }
  return decoded;
}

// Takes `user:password@` off the front of `rest`.
bool TakeCredentials(std::string_view* rest, RedisAddress* address) {
  const size_t at = rest->rfind('@');
  if (at == std::string_view::npos) return true;
  const std::string_view credentials = rest->substr(0, at);
  rest->remove_prefix(at + 1);
  const size_t colon = credentials.find(':');
  if (colon == std::string_view::npos) return false;
  const std::optional<std::string> user = PercentDecode(credentials.substr(0, colon));
  const std::optional<std::string> password = PercentDecode(credentials.substr(colon + 1));
  if (!user.has_value() || !password.has_value()) return false;
  address->user = *user;
  address->password = Secret(*password);
  return true;
}

}  // namespace

std::string RedisAddress::Text() const {
  const std::string number = std::to_string(database);
  if (!socket.empty()) return "unix://" + socket + "?db=" + number;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return "redis://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + "/" +
         number;
}

absl::StatusOr<RedisAddress> ParseRedisUrl(std::string_view url) {
  RedisAddress address;
  const bool is_unix = url.starts_with("unix://");
  if (url.starts_with("rediss://")) return Wrong("TLS (`rediss://`) is not supported");
  if (!is_unix && !url.starts_with("redis://")) return Wrong("no URL of a Redis server");
  std::string_view rest = url.substr(url.find("://") + 3);
  if (!TakeCredentials(&rest, &address)) return Wrong("the credentials can't be read");
  if (is_unix) {
    const size_t mark = rest.find('?');
    if (mark != std::string_view::npos) {
      std::string_view query = rest.substr(mark + 1);
      if (!query.starts_with("db=") || !ReadNumber(query.substr(3), &address.database)) {
        return Wrong("after the path stands no `?db=` with a number");
      }
    }
    address.socket = std::string(rest.substr(0, mark));
    if (!address.socket.starts_with('/')) return Wrong("the path is not absolute");
    return address;
  }
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos && slash + 1 < rest.size() &&
      !ReadNumber(rest.substr(slash + 1), &address.database)) {
    return Wrong("the database is not a number");
  }
  std::string_view authority = rest.substr(0, slash);
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    if (!ReadNumber(authority.substr(colon + 1), &address.port) || address.port == 0) {
      return Wrong("the port is not a number from 1 to 65535");
    }
    authority = authority.substr(0, colon);
  }
  if (bracket != std::string_view::npos) authority = authority.substr(1, bracket - 1);
  if (authority.empty()) return Wrong("the host is missing");
  address.host = std::string(authority);
  return address;
}

}  // namespace junctor::engine
