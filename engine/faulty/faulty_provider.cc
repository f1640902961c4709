#include "engine/faulty/faulty_provider.h"

#include <netdb.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>

#include "engine/faulty/answer_form.h"
#include "engine/faulty/behaviour.h"
#include "engine/faulty/connection.h"
#include "engine/faulty/responder.h"

namespace junctor::engine {
namespace {

// One thread each: above this a test has run away.
constexpr size_t kMaxConnections = 4000;
constexpr int kBacklog = 1024;
constexpr std::string_view kOwnPaths = "/faulty/";
// A request may name its behaviour itself, on paths that hold no model.
constexpr std::string_view kBehaviourHeader = "x-faulty";
// TLS 1.2, level fatal, handshake_failure.
constexpr std::string_view kHandshakeFailure("\x15\x03\x03\x00\x02\x02\x28", 7);

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

absl::Status SystemError(const std::string& what) {
  return absl::FailedPreconditionError(what + ": " + std::strerror(errno));
}

absl::StatusOr<int> Listen(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list);
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  if (error != 0) {
    return absl::FailedPreconditionError("cannot listen on `" + address.host +
                                         "`: " + gai_strerror(error));
  }
  const int listener = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int yes = 1;
  (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, list->ai_addr, list->ai_addrlen) != 0 || listen(listener, kBacklog) != 0) {
    absl::Status status =
        SystemError("cannot listen on " + address.host + ":" + std::to_string(address.port));
    close(listener);
    return status;
  }
  return listener;
}

uint16_t BoundPort(int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  (void)getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::array<char, NI_MAXSERV> port{};
  (void)getnameinfo(reinterpret_cast<sockaddr*>(&address), size, nullptr, 0, port.data(),
                    static_cast<socklen_t>(port.size()), NI_NUMERICSERV);
  return static_cast<uint16_t>(std::stoi(port.data()));
}

bool WaitToAccept(int listener, int stop) {
  std::array<pollfd, 2> files = {{{listener, POLLIN, 0}, {stop, POLLIN, 0}}};
  while (poll(files.data(), files.size(), -1) < 0 && errno == EINTR) {
  }
  return files[1].revents == 0;
}

std::string BehaviourList() {
  std::string list = "{\"behaviours\":[";
  for (const BehaviourInfo& info : AllBehaviours()) {
    list.append(list.back() == '[' ? "\n" : ",\n");
    list.append("{\"name\":").append(JsonQuoted(info.name)).append(",\"what\":");
    list.append(JsonQuoted(info.what)).append("}");
  }
  return list + "\n]}\n";
}

}  // namespace

absl::StatusOr<std::unique_ptr<FaultyProvider>> FaultyProvider::Start(
    const FaultyProviderOptions& options) {
  std::unique_ptr<FaultyProvider> provider(new FaultyProvider());
  if (!options.script.empty()) {
    if (absl::Status status = provider->script_.Read(options.script); !status.ok()) return status;
  }
  if (!options.record_file.empty()) {
    if (absl::Status status = provider->recorder_.OpenFile(options.record_file); !status.ok()) {
      return status;
    }
  }
  provider->tls_ = options.tls;
  const bool has_certificate = options.tls != TlsMode::kNone && options.tls != TlsMode::kAbort &&
                               options.tls != TlsMode::kRefuseHandshake;
  if (has_certificate) {
    absl::StatusOr<TlsIdentity> identity = MakeTlsIdentity(options.tls);
    if (!identity.ok()) return identity.status();
    provider->identity_ = *std::move(identity);
  }
  const absl::StatusOr<int> listener = Listen(options.listen);
  if (!listener.ok()) return listener.status();
  provider->listener_ = *listener;
  provider->address_ = options.listen;
  provider->address_.port = BoundPort(*listener);
  return provider;
}

FaultyProvider::~FaultyProvider() {
  if (listener_ >= 0) close(listener_);
}

std::string FaultyProvider::url() const {
  const bool is_ipv6 = address_.host.find(':') != std::string::npos;
  return std::string(tls_ == TlsMode::kNone ? "http://" : "https://") +
         (is_ipv6 ? "[" + address_.host + "]" : address_.host) + ":" +
         std::to_string(address_.port);
}

void FaultyProvider::Run(int stop) {
  // Writes of OpenSSL can't be told to leave the signal out.
  std::signal(SIGPIPE, SIG_IGN);
  for (uint64_t number = 1; WaitToAccept(listener_, stop); ++number) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) continue;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (connections_ >= kMaxConnections) {
        close(socket);
        continue;
      }
      ++connections_;
    }
    std::thread([this, socket, stop, number] {
      Serve(socket, stop, number);
      // What OpenSSL keeps for this thread; the process may end before the thread does.
      OPENSSL_thread_stop();
      // Notified under the lock: whoever waits may destroy this object right after.
      const std::lock_guard<std::mutex> lock(mutex_);
      --connections_;
      all_gone_.notify_all();
    }).detach();
  }
  std::unique_lock<std::mutex> lock(mutex_);
  all_gone_.wait(lock, [this] { return connections_ == 0; });
}

void FaultyProvider::Serve(int socket, int stop, uint64_t number) {
  Connection connection(socket, stop, identity_.context.get(), number);
  if (tls_ == TlsMode::kAbort || tls_ == TlsMode::kRefuseHandshake) {
    (void)connection.WaitForBytes();
    if (tls_ == TlsMode::kAbort) {
      connection.ResetAtEnd();
    } else {
      connection.WritePlain(kHandshakeFailure);
    }
    return;
  }
  if (!connection.Handshake()) return;
  while (const std::optional<ReceivedRequest> request = connection.ReadRequest()) {
    const bool own = request->path().starts_with(kOwnPaths);
    const bool another = own ? AnswerOwnPath(*request, &connection) : Answer(*request, &connection);
    if (!another || !request->complete) return;
  }
}

bool FaultyProvider::Answer(const ReceivedRequest& request, Connection* connection) {
  const Asked asked = ReadQuestion(request);
  Script::Choice choice = script_.Choose(asked.question.model, request.path());
  const std::string_view header = request.Header(kBehaviourHeader);
  if (!choice.scripted && !header.empty()) choice.name = header;
  // A path without a model asks for nothing special.
  if (choice.name.empty()) choice.name = "ok";
  recorder_.Add(request, choice.name);
  if (!request.complete) return false;

  engine::Answer answer;
  absl::StatusOr<Behaviour> behaviour = Behaviour::Parse(choice.name);
  if (behaviour.ok()) {
    answer.behaviour = *std::move(behaviour);
    if (answer.behaviour.Has(BehaviourKind::kFail)) {
      answer.earlier_requests = script_.Count(choice.name);
    }
  } else {
    answer.unknown = std::string(behaviour.status().message());
  }
  return Respond(request, asked, answer, connection);
}

bool FaultyProvider::AnswerOwnPath(const ReceivedRequest& request, Connection* connection) {
  constexpr std::string_view kJson = "application/json";
  const std::string_view path = request.path();
  if (path == "/faulty/behaviours" && request.method == "GET") {
    return RespondPlainly(request, 200, kJson, BehaviourList(), connection);
  }
  if (path == "/faulty/requests" && request.method == "GET") {
    return RespondPlainly(request, 200, kJson, recorder_.ToJson(), connection);
  }
  if (path == "/faulty/requests" && request.method == "DELETE") {
    recorder_.Clear();
    script_.Restart();
    return RespondPlainly(request, 200, kJson, "{\"requests\":[]}\n", connection);
  }
  return RespondPlainly(
      request, 404, kJson,
      R"({"error":{"message":"expected GET /faulty/behaviours, or GET or DELETE /faulty/requests"}})"
      "\n",
      connection);
}

}  // namespace junctor::engine
