#include "engine/net/public_address.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstring>
#include <future>
#include <thread>
#include <utility>

namespace junctor::net {
namespace {

namespace ip = boost::asio::ip;
using Bytes = ip::address_v6::bytes_type;

constexpr int kMappedBits = 96;  // the prefix that an IPv4 address gets inside an IPv6 one

// A network of a table, as text for those who compare it with the registries.
struct SpecialNetwork {
  const char* address;
  int prefix_bits;
};

// IANA's IPv4 special-purpose address registry, and multicast and what is above it.
constexpr SpecialNetwork kSpecialIpv4[] = {
    {"0.0.0.0", 8},        // this host
    {"10.0.0.0", 8},       // private
    {"100.64.0.0", 10},    // shared between a carrier and its customers
    {"127.0.0.0", 8},      // loopback
    {"169.254.0.0", 16},   // link-local: also where clouds keep their metadata
    {"172.16.0.0", 12},    // private
    {"192.0.0.0", 24},     // protocol assignments
    {"192.0.2.0", 24},     // documentation
    {"192.88.99.0", 24},   // 6to4 relays, gone
    {"192.168.0.0", 16},   // private
    {"198.18.0.0", 15},    // benchmarks
    {"198.51.100.0", 24},  // documentation
    {"203.0.113.0", 24},   // documentation
    {"224.0.0.0", 4},      // multicast
    {"240.0.0.0", 4},      // reserved, broadcast
};

// Parts of 2000::/3, outside of which nothing is global unicast.
constexpr SpecialNetwork kSpecialIpv6[] = {
    {"2001::", 23},      // protocol assignments, Teredo among them
    {"2001:db8::", 32},  // documentation
    {"3fff::", 20},      // documentation
};

constexpr SpecialNetwork kGlobalUnicast = {"2000::", 3};
constexpr SpecialNetwork kNat64 = {"64:ff9b::", 96};
constexpr SpecialNetwork k6to4 = {"2002::", 16};

Bytes BytesOf(const ip::address& address) {
  return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes()
                         : address.to_v6().to_bytes();
}

bool InNetwork(const Bytes& bytes, const Bytes& network, int prefix_bits) {
  const size_t whole = static_cast<size_t>(prefix_bits / 8);
  if (std::memcmp(bytes.data(), network.data(), whole) != 0) return false;
  const int rest = prefix_bits % 8;
  if (rest == 0) return true;
  const unsigned mask = (0xFFu << (8 - rest)) & 0xFFu;
  return (bytes[whole] & mask) == (network[whole] & mask);
}

bool InNetwork(const Bytes& bytes, const SpecialNetwork& network) {
  const ip::address address = ip::make_address(network.address);
  return InNetwork(bytes, BytesOf(address),
                   network.prefix_bits + (address.is_v4() ? kMappedBits : 0));
}

bool IsPublicIpv4(const ip::address_v4& address) {
  const Bytes bytes = BytesOf(address);
  return std::none_of(
      std::begin(kSpecialIpv4), std::end(kSpecialIpv4),
      [&bytes](const SpecialNetwork& network) { return InNetwork(bytes, network); });
}

ip::address_v4 Ipv4At(const Bytes& bytes, size_t offset) {
  return ip::address_v4(ip::address_v4::bytes_type{bytes[offset], bytes[offset + 1],
                                                   bytes[offset + 2], bytes[offset + 3]});
}

std::string LowerHost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string lower(host);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsTargetName(std::string_view text) {
  constexpr size_t kMaxHostLength = 253;  // DNS
  return !text.empty() && text.size() <= kMaxHostLength &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_';
         });
}

std::vector<ip::address> AskSystem(const std::string& name, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  std::vector<ip::address> addresses;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) {
      ip::address_v4::bytes_type bytes;
      std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(entry->ai_addr)->sin_addr,
                  bytes.size());
      addresses.emplace_back(ip::address_v4(bytes));
    } else if (entry->ai_family == AF_INET6) {
      Bytes bytes;
      std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(entry->ai_addr)->sin6_addr,
                  bytes.size());
      addresses.emplace_back(ip::address_v6(bytes));
    }
  }
  freeaddrinfo(found);
  return addresses;
}

// Look-ups that may go on at once after nobody waits for them any more: each is a thread.
constexpr int kMaxLookups = 16;

// What `look_up` says of `name`; nothing where it does not say it within `most`, since the system's
// own look-up can't be told to end.
std::vector<ip::address> LookUpWithin(const std::string& name, std::chrono::milliseconds most,
                                      const HostLookup& look_up) {
  static std::atomic<int> running = 0;
  if (++running > kMaxLookups) {
    --running;
    return {};
  }
  std::promise<std::vector<ip::address>> promise;
  std::future<std::vector<ip::address>> answer = promise.get_future();
  std::thread([name, look_up, given = std::move(promise)]() mutable {
    given.set_value(look_up(name));
    --running;
  }).detach();
  if (answer.wait_for(most) != std::future_status::ready) return {};
  return answer.get();
}

}  // namespace

bool IsPublicAddress(const ip::address& address) {
  if (address.is_v4()) return IsPublicIpv4(address.to_v4());
  const Bytes bytes = address.to_v6().to_bytes();
  if (address.to_v6().is_v4_mapped() || InNetwork(bytes, kNat64)) {
    return IsPublicIpv4(Ipv4At(bytes, 12));
  }
  if (InNetwork(bytes, k6to4)) return IsPublicIpv4(Ipv4At(bytes, 2));
  return InNetwork(bytes, kGlobalUnicast) &&
         std::none_of(
             std::begin(kSpecialIpv6), std::end(kSpecialIpv6),
             [&bytes](const SpecialNetwork& network) { return InNetwork(bytes, network); });
}

absl::StatusOr<PrivateTargets> PrivateTargets::Parse(const std::vector<std::string>& entries) {
  PrivateTargets targets;
  for (const std::string& entry : entries) {
    const auto invalid = [&entry] {
      return absl::InvalidArgumentError("`" + entry +
                                        "` is not a host name, an address or a network such as "
                                        "`10.1.0.0/16`");
    };
    const size_t slash = entry.find('/');
    boost::system::error_code error;
    const ip::address address = ip::make_address(entry.substr(0, slash), error);
    if (error) {
      if (slash != std::string::npos || !IsTargetName(entry)) return invalid();
      targets.hosts_.push_back(LowerHost(entry));
      continue;
    }
    const int all_bits = address.is_v4() ? 32 : 128;
    int prefix_bits = all_bits;
    if (slash != std::string::npos) {
      const char* const end = entry.data() + entry.size();
      const auto [stop, failure] = std::from_chars(entry.data() + slash + 1, end, prefix_bits);
      if (failure != std::errc() || stop != end || prefix_bits < 0 || prefix_bits > all_bits) {
        return invalid();
      }
    }
    targets.networks_.push_back(
        {BytesOf(address), prefix_bits + (address.is_v4() ? kMappedBits : 0)});
  }
  return targets;
}

bool PrivateTargets::Allows(std::string_view host, const ip::address& address) const {
  if (IsPublicAddress(address)) return true;
  const Bytes bytes = BytesOf(address);
  return std::any_of(networks_.begin(), networks_.end(),
                     [&bytes](const Network& network) {
                       return InNetwork(bytes, network.bytes, network.prefix_bits);
                     }) ||
         std::find(hosts_.begin(), hosts_.end(), LowerHost(host)) != hosts_.end();
}

std::vector<ip::address> SystemLookup(const std::string& name) { return AskSystem(name, 0); }

absl::Status CheckTarget(std::string_view host, const PrivateTargets& targets,
                         std::chrono::milliseconds most, const HostLookup& look_up) {
  const std::string name(host);
  // Numeric in whatever form the system takes: there is nobody to be waited for.
  std::vector<ip::address> addresses = AskSystem(name, AI_NUMERICHOST);
  if (addresses.empty()) addresses = LookUpWithin(name, most, look_up);
  for (const ip::address& address : addresses) {
    if (targets.Allows(host, address)) continue;
    const std::string text = address.to_string();
    return absl::PermissionDeniedError(
        (text == host ? "`" + text + "` is" : "`" + name + "` leads to " + text + ",") +
        " not an address of the public internet; `allow_private_targets` of the configuration can "
        "name it");
  }
  return absl::OkStatus();
}

}  // namespace junctor::net
