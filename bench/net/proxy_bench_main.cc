// A pure reverse proxy made of engine/net alone: what one hop costs without routes. Measured beside
// nginx and HAProxy.
//
//   net_proxy_bench <listen host:port> <upstream host:port> [threads]
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/client.h"
#include "engine/net/server.h"

namespace junctor::net {
namespace {

constexpr size_t kMaxBodyBytes = 32 << 20;

struct WorkerState {
  WorkerState(EventLoop& loop, Upstream u)
      : upstream(std::move(u)), pool(loop, PoolOptions{}, nullptr) {}

  Upstream upstream;
  std::string host;
  ConnectionPool pool;
};

std::string RequestHeadFor(const RequestHead& head, const WorkerState& state, size_t body_bytes) {
  std::string text;
  text.reserve(512);
  text += head.method;
  text += ' ';
  text += head.target;
  text += " HTTP/1.1\r\nHost: ";
  text += state.host;
  for (const HeaderView& field : head.headers) {
    if (IsHopByHopHeader(field.name) || EqualsIgnoreCase(field.name, "host") ||
        EqualsIgnoreCase(field.name, "content-length")) {
      continue;
    }
    text += "\r\n";
    text += field.name;
    text += ": ";
    text += field.value;
  }
  text += "\r\nContent-Length: ";
  text += std::to_string(body_bytes);
  text += "\r\n\r\n";
  return text;
}

Awaitable<void> Proxy(ServerExchange& exchange) {
  absl::StatusOr<BodyBuffer> body = co_await exchange.ReadBody(kMaxBodyBytes);
  if (!body.ok()) {
    (void)co_await exchange.Respond(400, {}, {});
    co_return;
  }
  auto& state = exchange.worker_state<WorkerState>();
  const std::string head = RequestHeadFor(exchange.head(), state, body->size());
  const std::string_view pieces[] = {body->view()};
  SendOptions options;
  options.deadline = exchange.loop().now() + std::chrono::seconds(60);
  options.cancel = &exchange.client_gone();
  NetResult<std::unique_ptr<ClientExchange>> sent =
      co_await state.pool.Send(state.upstream, head, pieces, options);
  if (!sent.ok()) {
    (void)co_await exchange.Respond(502, {}, sent.error().message);
    co_return;
  }
  ClientExchange& answer = **sent;
  std::vector<HeaderView> headers;
  headers.reserve(answer.head().headers.size());
  for (const HeaderView& field : answer.head().headers) {
    if (!IsHopByHopHeader(field.name)) headers.push_back(field);
  }
  NetResult<std::string_view> piece = co_await answer.ReadSome();
  if (piece.ok() && answer.ended()) {
    (void)co_await exchange.Respond(answer.head().status, headers, *piece);
    co_return;
  }
  std::optional<uint64_t> length;
  if (answer.head().framing == Framing::kLength) length = answer.head().content_length;
  if (!piece.ok()) co_return;
  absl::Status status =
      co_await exchange.StartStream(answer.head().status, headers, length, *piece);
  while (status.ok()) {
    piece = co_await answer.ReadSome();
    if (!piece.ok()) {
      exchange.Abort();
      co_return;
    }
    if (piece->empty()) break;
    status = co_await exchange.Write(*piece);
  }
  if (status.ok()) (void)co_await exchange.Finish();
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s <listen host:port> <upstream host:port> [threads]\n", argv[0]);
    return 2;
  }
  absl::StatusOr<ListenEndpoint> target = ParseListenEndpoint(argv[2]);
  if (!target.ok()) {
    std::fprintf(stderr, "%s\n", target.status().ToString().c_str());
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  HttpServerOptions options;
  options.listen = argv[1];
  options.threads = argc > 3 ? static_cast<size_t>(std::atoi(argv[3])) : 1;
  const Upstream upstream{target->host, target->port, false};
  options.worker_state = [&](EventLoop& loop, size_t) {
    auto state = std::make_shared<WorkerState>(loop, upstream);
    state->host = argv[2];
    return state;
  };
  HttpServer server(options, Proxy);
  if (absl::Status status = server.Start(); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  std::fprintf(stderr, "listening on %s\n", server.address().c_str());
  int signal = 0;
  sigwait(&signals, &signal);
  server.Drain(Clock::now() + std::chrono::seconds(5));
  return 0;
}

}  // namespace
}  // namespace junctor::net

int main(int argc, char** argv) { return junctor::net::Main(argc, argv); }
