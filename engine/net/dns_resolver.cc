#include "engine/net/dns_resolver.h"

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstring>
#include <map>
#include <utility>

#include "engine/net/timer_wheel.h"

namespace junctor::net {
namespace {

// The first wait for a name server; c-ares doubles it with every round. The whole is bounded by the
// caller's connect timeout.
constexpr int kServerTimeoutMs = 2000;
constexpr int kServerTries = 3;

boost::asio::ip::address AddressOf(const sockaddr* address) {
  if (address->sa_family == AF_INET6) {
    boost::asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr,
                bytes.size());
    return boost::asio::ip::address_v6(bytes);
  }
  boost::asio::ip::address_v4::bytes_type bytes;
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, bytes.size());
  return boost::asio::ip::address_v4(bytes);
}

DnsReply ReplyOf(const ares_addrinfo& info) {
  DnsReply reply;
  int ttl = INT32_MAX;
  for (const ares_addrinfo_node* node = info.nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    ttl = std::min(ttl, node->ai_ttl);
    const auto address = AddressOf(node->ai_addr);
    auto& addresses = reply.addresses;
    if (addresses.size() < DnsResolver::kMaxAddresses &&
        std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(address);
    }
  }
  for (const ares_addrinfo_cname* cname = info.cnames; cname != nullptr; cname = cname->next) {
    ttl = std::min(ttl, cname->ttl);
  }
  reply.ttl = std::chrono::seconds(std::max(ttl, 0));
  if (reply.addresses.empty()) reply.error = "the name has no addresses";
  return reply;
}

// What changes with the content of a file, as a rule.
struct FileStamp {
  ino_t inode = 0;
  off_t size = 0;
  int64_t modified_ns = 0;

  bool operator==(const FileStamp&) const = default;
};

FileStamp StampOf(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_size,
          status.st_mtim.tv_sec * int64_t{1'000'000'000} + status.st_mtim.tv_nsec};
}

// c-ares asks for it once before any channel is made.
bool LibraryIsReady() {
  static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

}  // namespace

struct DnsResolver::Impl : std::enable_shared_from_this<Impl> {
  // A socket of c-ares, which opens and closes it itself.
  struct Socket {
    Socket(const Executor& executor, int fd) : descriptor(executor, fd) {}
    boost::asio::posix::basic_stream_descriptor<Executor> descriptor;
    bool want_read = false;
    bool want_write = false;
    bool reading = false;
    bool writing = false;
  };

  // One look-up, handed through c-ares.
  struct Query {
    explicit Query(Impl* i) : impl(i) { ++impl->running_count; }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    ~Query() { --impl->running_count; }

    Impl* const impl;
    std::string name;
    Callback callback;
  };

  Impl(EventLoop& l, std::string s, std::string r)
      : loop(l),
        servers(std::move(s)),
        resolv_conf(std::move(r)),
        timer([this] { Process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {}

  // Null: `error` says why.
  ares_channel NewChannel(const char* lookups, bool with_sockets, std::string& error);
  // Makes both channels at the first look-up (some pools' upstreams are all numeric), and that of
  // the servers again when resolv.conf has changed.
  bool Open(std::string& error);
  void Close();
  void Start(ares_channel channel, ares_addrinfo_callback done, std::unique_ptr<Query> query);
  static void OnHostsFile(void* arg, int status, int timeouts, ares_addrinfo* result);
  static void OnServers(void* arg, int status, int timeouts, ares_addrinfo* result);
  static void OnSocketState(void* arg, ares_socket_t fd, int readable, int writable);
  void Watch(int fd, const std::shared_ptr<Socket>& socket);
  void Process(ares_socket_t read_fd, ares_socket_t write_fd);
  void ArmTimer();

  EventLoop& loop;
  const std::string servers;
  const std::string resolv_conf;
  FileStamp resolv_conf_stamp;  // when the channel was made
  size_t running_count = 0;
  ares_channel files_channel = nullptr;
  ares_channel servers_channel = nullptr;
  std::map<int, std::shared_ptr<Socket>> sockets;
  Timer timer;
  bool closing = false;
};

ares_channel DnsResolver::Impl::NewChannel(const char* lookups, bool with_sockets,
                                           std::string& error) {
  std::array<char, 2> letters{lookups[0], '\0'};
  ares_options options{};
  int mask = ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_RESOLVCONF;
  std::string path = resolv_conf;
  options.resolvconf_path = path.data();
  options.lookups = letters.data();
  options.timeout = kServerTimeoutMs;
  options.tries = kServerTries;
  if (with_sockets) {
    options.sock_state_cb = OnSocketState;
    options.sock_state_cb_data = this;
    mask |= ARES_OPT_SOCK_STATE_CB;
  }
  ares_channel channel = nullptr;
  int status =
      LibraryIsReady() ? ares_init_options(&channel, &options, mask) : ARES_ENOTINITIALIZED;
  if (status == ARES_SUCCESS && with_sockets && !servers.empty()) {
    status = ares_set_servers_ports_csv(channel, servers.c_str());
    if (status != ARES_SUCCESS) {
      ares_destroy(channel);
      channel = nullptr;
    }
  }
  if (status != ARES_SUCCESS) error = ares_strerror(status);
  return channel;
}

bool DnsResolver::Impl::Open(std::string& error) {
  if (files_channel == nullptr) files_channel = NewChannel("f", false, error);
  if (files_channel == nullptr) return false;
  if (servers.empty()) {
    const FileStamp stamp = StampOf(resolv_conf);
    // Never under a running look-up, which would fail.
    if (servers_channel != nullptr && running_count == 0 && stamp != resolv_conf_stamp) {
      ares_destroy(servers_channel);
      servers_channel = nullptr;
    }
    if (servers_channel == nullptr) resolv_conf_stamp = stamp;
  }
  if (servers_channel == nullptr) servers_channel = NewChannel("b", true, error);
  return servers_channel != nullptr;
}

void DnsResolver::Impl::Close() {
  closing = true;
  timer.Cancel();
  if (files_channel != nullptr) ares_destroy(files_channel);
  if (servers_channel != nullptr) ares_destroy(servers_channel);
  files_channel = servers_channel = nullptr;
  for (auto& [fd, socket] : sockets) socket->descriptor.release();
  sockets.clear();
}

void DnsResolver::Impl::Start(ares_channel channel, ares_addrinfo_callback done,
                              std::unique_ptr<Query> query) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  // The callback takes the query back, perhaps before this returns.
  Query* const handed_over = query.release();
  ares_getaddrinfo(channel, handed_over->name.c_str(), nullptr, &hints, done, handed_over);
}

void DnsResolver::Impl::OnHostsFile(void* arg, int status, int /*timeouts*/,
                                    ares_addrinfo* result) {
  std::unique_ptr<Query> query(static_cast<Query*>(arg));
  Impl& impl = *query->impl;
  if (impl.closing) {
    if (result != nullptr) ares_freeaddrinfo(result);
    return;
  }
  if (status == ARES_SUCCESS && result->nodes != nullptr) {
    DnsReply reply = ReplyOf(*result);
    ares_freeaddrinfo(result);
    reply.from_hosts_file = true;
    query->callback(std::move(reply));
    return;
  }
  if (result != nullptr) ares_freeaddrinfo(result);
  impl.Start(impl.servers_channel, OnServers, std::move(query));
  impl.ArmTimer();
}

void DnsResolver::Impl::OnServers(void* arg, int status, int /*timeouts*/, ares_addrinfo* result) {
  const std::unique_ptr<Query> query(static_cast<Query*>(arg));
  DnsReply reply;
  if (status == ARES_SUCCESS) {
    reply = ReplyOf(*result);
  } else {
    reply.error = ares_strerror(status);
  }
  if (result != nullptr) ares_freeaddrinfo(result);
  if (!query->impl->closing) query->callback(std::move(reply));
}

void DnsResolver::Impl::OnSocketState(void* arg, ares_socket_t fd, int readable, int writable) {
  Impl& impl = *static_cast<Impl*>(arg);
  auto found = impl.sockets.find(fd);
  if (readable == 0 && writable == 0) {
    if (found == impl.sockets.end()) return;
    // Ends the waits, and leaves the descriptor to c-ares, which closes it next.
    found->second->descriptor.release();
    impl.sockets.erase(found);
    return;
  }
  if (impl.closing) return;
  if (found == impl.sockets.end()) {
    auto socket = std::make_shared<Socket>(impl.loop.executor(), fd);
    found = impl.sockets.emplace(fd, std::move(socket)).first;
  }
  found->second->want_read = readable != 0;
  found->second->want_write = writable != 0;
  impl.Watch(fd, found->second);
}

void DnsResolver::Impl::Watch(int fd, const std::shared_ptr<Socket>& socket) {
  using Descriptor = boost::asio::posix::descriptor_base;
  // Handlers that are on their way when the resolver or the socket goes find that out by these.
  const std::weak_ptr<Impl> weak_impl = weak_from_this();
  const std::weak_ptr<Socket> weak_socket = socket;
  const auto wait = [&](Descriptor::wait_type type, bool Socket::*wanted, bool Socket::*waiting) {
    if (!((*socket).*wanted) || (*socket).*waiting) return;
    (*socket).*waiting = true;
    socket->descriptor.async_wait(
        type, [weak_impl, weak_socket, fd, type, waiting](const boost::system::error_code& error) {
          const std::shared_ptr<Impl> impl = weak_impl.lock();
          const std::shared_ptr<Socket> target = weak_socket.lock();
          if (error || impl == nullptr || target == nullptr) return;
          (*target).*waiting = false;
          impl->loop.UpdateNow();
          const bool read = type == Descriptor::wait_read;
          impl->Process(read ? fd : ARES_SOCKET_BAD, read ? ARES_SOCKET_BAD : fd);
          const auto still = impl->sockets.find(fd);
          if (still != impl->sockets.end() && still->second == target) impl->Watch(fd, target);
        });
  };
  wait(Descriptor::wait_read, &Socket::want_read, &Socket::reading);
  wait(Descriptor::wait_write, &Socket::want_write, &Socket::writing);
}

void DnsResolver::Impl::Process(ares_socket_t read_fd, ares_socket_t write_fd) {
  if (closing || servers_channel == nullptr) return;
  ares_process_fd(servers_channel, read_fd, write_fd);
  ArmTimer();
}

void DnsResolver::Impl::ArmTimer() {
  timeval wait{};
  if (closing || ares_timeout(servers_channel, nullptr, &wait) == nullptr) {
    timer.Cancel();
    return;
  }
  loop.wheel().Schedule(timer, loop.now() + std::chrono::seconds(wait.tv_sec) +
                                   std::chrono::microseconds(wait.tv_usec));
}

DnsResolver::DnsResolver(EventLoop& loop, std::string servers, std::string resolv_conf)
    : impl_(std::make_shared<Impl>(loop, std::move(servers), std::move(resolv_conf))) {}

DnsResolver::~DnsResolver() { impl_->Close(); }

void DnsResolver::Resolve(const std::string& name, Callback callback) {
  DnsReply reply;
  if (!impl_->Open(reply.error)) {
    reply.error = "the resolver cannot be set up: " + reply.error;
    callback(std::move(reply));
    return;
  }
  auto query = std::make_unique<Impl::Query>(impl_.get());
  query->name = name;
  query->callback = std::move(callback);
  impl_->Start(impl_->files_channel, Impl::OnHostsFile, std::move(query));
}

}  // namespace junctor::net
