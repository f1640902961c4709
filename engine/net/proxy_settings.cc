#include "engine/net/proxy_settings.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <utility>

#include "absl/strings/ascii.h"
#include "engine/net/base64.h"
#include "engine/net/http_types.h"

namespace junctor::net {
namespace {

// Longer values are refused: no proxy is that long, and they end up in every request.
constexpr size_t kMaxProxyBytes = 4096;
constexpr size_t kMaxExceptions = 1000;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), absl::ascii_tolower);
  return lower;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The set variable of that upper-case name or its lower-case one, which goes first.
struct Variable {
  std::string name;
  std::string value;
};

std::optional<Variable> Find(const EnvironmentLookup& lookup, std::string_view upper_name) {
  for (const std::string& name : {Lower(upper_name), std::string(upper_name)}) {
    const std::optional<std::string> value = lookup(name);
    if (value && !Trim(*value).empty()) return Variable{name, std::string(Trim(*value))};
  }
  return std::nullopt;
}

absl::Status Bad(const Variable& variable, const std::string& why) {
  return absl::InvalidArgumentError(variable.name + ": " + why);
}

int HexDigit(char c) {
  const char lower = absl::ascii_tolower(c);
  if (lower >= '0' && lower <= '9') return lower - '0';
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return -1;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

// Whether `text` is a port; 0 is none.
bool ParsePort(std::string_view text, uint16_t& port) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, port);
  return parsed.ec == std::errc() && parsed.ptr == end && port != 0;
}

bool IsHostName(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    const char lower = absl::ascii_tolower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
}

// Splits "host", "host:port", "[v6]" or "[v6]:port". An IPv6 address may also stand bare, when it
// has no port. False: it is none of these.
bool SplitHostPort(std::string_view text, std::string& host, std::optional<uint16_t>& port) {
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = std::string(text.substr(1, close - 1));
    rest = text.substr(close + 1);
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(host, error);
    if (error) return false;
  } else if (std::count(text.begin(), text.end(), ':') > 1) {
    host = std::string(text);
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(host, error);
    return !error;
  } else {
    const size_t colon = text.find(':');
    host = std::string(text.substr(0, colon));
    if (!IsHostName(host)) return false;
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (rest.empty()) return true;
  uint16_t number = 0;
  if (rest.front() != ':' || !ParsePort(rest.substr(1), number)) return false;
  port = number;
  return true;
}

absl::StatusOr<ProxyServer> ParseProxy(const Variable& variable) {
  std::string_view url = variable.value;
  if (url.size() > kMaxProxyBytes) return Bad(variable, "the proxy's URL is too long");
  if (const size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    if (!EqualsIgnoreCase(url.substr(0, scheme), "http")) {
      // What stands before "://" is not repeated: it may be a password with "://" in it.
      return Bad(variable, "only proxies of the scheme http:// are supported");
    }
    url.remove_prefix(scheme + 3);
  }
  ProxyServer proxy;
  if (const size_t at = url.rfind('@'); at != std::string_view::npos) {
    const std::string_view user_info = url.substr(0, at);
    url.remove_prefix(at + 1);
    const size_t colon = user_info.find(':');
    const std::optional<std::string> user = PercentDecode(user_info.substr(0, colon));
    const std::optional<std::string> password = PercentDecode(
        colon == std::string_view::npos ? std::string_view() : user_info.substr(colon + 1));
    if (!user || !password) {
      return Bad(variable, "user or password is not percent-encoded correctly");
    }
    proxy.authorization = "Basic " + EncodeBase64(*user + ":" + *password);
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  std::optional<uint16_t> port;
  if (!SplitHostPort(url, proxy.host, port)) {
    return Bad(variable, "expected a proxy such as http://proxy.example.com:3128");
  }
  if (port) proxy.port = *port;
  return proxy;
}

// The 16 bytes of an address, IPv4 mapped into IPv6.
std::optional<std::array<uint8_t, 16>> AddressBytes(const std::string& text) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(text, error);
  if (error) return std::nullopt;
  std::array<uint8_t, 16> bytes{};
  if (address.is_v6()) {
    const auto v6 = address.to_v6().to_bytes();
    std::copy(v6.begin(), v6.end(), bytes.begin());
    return bytes;
  }
  bytes[10] = bytes[11] = 0xff;
  const auto v4 = address.to_v4().to_bytes();
  std::copy(v4.begin(), v4.end(), bytes.begin() + 12);
  return bytes;
}

bool InBlock(const std::array<uint8_t, 16>& address, const std::vector<uint8_t>& block,
             int prefix_bits) {
  for (int bit = 0; bit < prefix_bits; bit += 8) {
    const auto index = static_cast<size_t>(bit / 8);
    const int kept = std::min(8, prefix_bits - bit);
    const auto mask = static_cast<uint8_t>(0xff << (8 - kept));
    if (((address[index] ^ block[index]) & mask) != 0) return false;
  }
  return true;
}

bool IsThisMachine(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) return false;
  if (address.is_loopback()) return true;
  return address.is_v6() && address.to_v6().is_v4_mapped() &&
         boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
             .is_loopback();
}

}  // namespace

absl::StatusOr<ProxySettings::Exception> ProxySettings::ParseException(std::string_view entry) {
  const auto bad = [&] {
    return absl::InvalidArgumentError("\"" + std::string(entry) +
                                      "\" is not a name, an address or a block of addresses");
  };
  Exception exception;
  if (const size_t slash = entry.find('/'); slash != std::string_view::npos) {
    const std::string address(entry.substr(0, slash));
    const std::string_view bits = entry.substr(slash + 1);
    const auto bytes = AddressBytes(address);
    int prefix_bits = -1;
    const auto parsed = std::from_chars(bits.data(), bits.data() + bits.size(), prefix_bits);
    const bool v6 = address.find(':') != std::string::npos;
    if (!bytes || parsed.ec != std::errc() || parsed.ptr != bits.data() + bits.size() ||
        prefix_bits < 0 || prefix_bits > (v6 ? 128 : 32)) {
      return bad();
    }
    exception.bytes.assign(bytes->begin(), bytes->end());
    exception.prefix_bits = v6 ? prefix_bits : 96 + prefix_bits;
    return exception;
  }
  std::string_view host_and_port = entry;
  if (host_and_port.starts_with("*.")) host_and_port.remove_prefix(1);
  if (host_and_port.starts_with('.')) {
    exception.below_only = true;
    host_and_port.remove_prefix(1);
  }
  std::string host;
  std::optional<uint16_t> port;
  if (!SplitHostPort(host_and_port, host, port)) return bad();
  exception.port = port.value_or(0);
  if (const auto bytes = AddressBytes(host)) {
    exception.bytes.assign(bytes->begin(), bytes->end());
    exception.prefix_bits = 128;
  } else {
    exception.suffix = Lower(host);
    if (exception.suffix.ends_with('.')) exception.suffix.pop_back();
  }
  return exception;
}

absl::StatusOr<ProxySettings> ProxySettings::FromEnvironment(const EnvironmentLookup& lookup) {
  ProxySettings settings;
  const std::optional<Variable> all = Find(lookup, "ALL_PROXY");
  const auto read = [&](std::string_view name, std::optional<ProxyServer>& into) {
    std::optional<Variable> variable = Find(lookup, name);
    if (!variable) variable = all;
    if (!variable) return absl::OkStatus();
    absl::StatusOr<ProxyServer> proxy = ParseProxy(*variable);
    if (!proxy.ok()) return proxy.status();
    into = *std::move(proxy);
    return absl::OkStatus();
  };
  if (absl::Status bad = read("HTTPS_PROXY", settings.https_); !bad.ok()) return bad;
  if (absl::Status bad = read("HTTP_PROXY", settings.http_); !bad.ok()) return bad;
  const std::optional<Variable> none = Find(lookup, "NO_PROXY");
  std::string_view list = none ? std::string_view(none->value) : std::string_view();
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view entry = Trim(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (entry.empty()) continue;
    if (entry == "*") {
      settings.except_all_ = true;
      continue;
    }
    if (settings.exceptions_.size() == kMaxExceptions) {
      return Bad(*none, "it has more than " + std::to_string(kMaxExceptions) + " entries");
    }
    absl::StatusOr<Exception> exception = ParseException(entry);
    if (!exception.ok()) {
      const auto why = exception.status().message();
      return Bad(*none, std::string(why.data(), why.size()));
    }
    settings.exceptions_.push_back(*std::move(exception));
  }
  return settings;
}

const ProxyServer* ProxySettings::ProxyFor(const Upstream& upstream) const {
  const std::optional<ProxyServer>& proxy = upstream.tls ? https_ : http_;
  if (!proxy || except_all_ || IsExcepted(upstream)) return nullptr;
  return &*proxy;
}

bool ProxySettings::IsExcepted(const Upstream& upstream) const {
  std::string host = Lower(upstream.host);
  if (host.ends_with('.')) host.pop_back();
  if (IsThisMachine(host)) return true;
  const auto address = AddressBytes(host);
  for (const Exception& exception : exceptions_) {
    if (exception.port != 0 && exception.port != upstream.port) continue;
    if (exception.suffix.empty()) {
      if (address && InBlock(*address, exception.bytes, exception.prefix_bits)) return true;
      continue;
    }
    if (address) continue;
    if (host == exception.suffix) {
      if (!exception.below_only) return true;
    } else if (host.ends_with("." + exception.suffix)) {
      return true;
    }
  }
  return false;
}

}  // namespace junctor::net
