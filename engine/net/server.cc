#include "engine/net/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/net/listener.h"
#include "engine/net/response_writer.h"
#include "engine/net/session.h"

namespace junctor::net {
namespace {

// After the cut of a drain, how long handlers may take to notice that their client is gone.
constexpr std::chrono::seconds kCutGrace{2};

// A connection over the limit: told so if its socket takes it at once, then closed.
void RefuseConnection(int fd) {
  const std::string body =
      ErrorBody("the gateway has too many connections; try again later", "server_error");
  const HeaderView headers[] = {{"Content-Type", "application/json"}, {"Retry-After", "1"}};
  ResponseFraming framing;
  framing.content_length = body.size();
  framing.keep_alive = false;
  std::string text;
  if (AppendResponseHead(503, headers, framing, text).ok()) {
    text += body;
    (void)!::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  ::shutdown(fd, SHUT_WR);
  ::close(fd);
}

}  // namespace

const RequestHead& ServerExchange::head() const { return session_.head(); }
EventLoop& ServerExchange::loop() const { return session_.loop(); }
size_t ServerExchange::worker_index() const { return session_.context().index; }
void* ServerExchange::RawWorkerState() const { return session_.context().state.get(); }
Awaitable<absl::StatusOr<BodyBuffer>> ServerExchange::ReadBody(size_t max_bytes) {
  return session_.ReadBody(max_bytes);
}
std::optional<BodyBuffer> ServerExchange::TryReadBody(size_t max_bytes) {
  return session_.TryReadBody(max_bytes);
}
Awaitable<absl::StatusOr<std::string_view>> ServerExchange::ReadSomeBody() {
  return session_.ReadSomeBody();
}
void ServerExchange::InterruptBody() { session_.InterruptBody(); }
Awaitable<absl::Status> ServerExchange::Respond(int status, std::span<const HeaderView> headers,
                                                std::string_view body) {
  return session_.Respond(status, headers, body);
}
Awaitable<absl::Status> ServerExchange::StartStream(int status, std::span<const HeaderView> headers,
                                                    std::optional<uint64_t> content_length,
                                                    std::string_view first_piece) {
  return session_.StartStream(status, headers, content_length, first_piece);
}
Awaitable<absl::Status> ServerExchange::Write(std::string_view piece) {
  return session_.Write(piece);
}
Awaitable<absl::Status> ServerExchange::Finish(std::string_view last_piece) {
  return session_.Finish(last_piece);
}
void ServerExchange::Abort() { session_.Abort(); }
CancelSignal& ServerExchange::client_gone() { return session_.client_gone(); }
bool ServerExchange::is_client_gone() { return session_.client_gone().cancelled(); }
bool ServerExchange::response_started() const { return session_.response_started(); }
uint64_t ServerExchange::bytes_sent() const { return session_.bytes_sent(); }
void ServerExchange::CloseAfterResponse() { session_.CloseAfterResponse(); }

struct HttpServer::Impl {
  // One thread with its loop and sessions.
  struct Worker {
    Worker(Impl& server, size_t index)
        : context{loop,
                  server.options,
                  server.handler,
                  index,
                  nullptr,
                  false,
                  nullptr,
                  server.connection_count,
                  [this, &server] { server.OnSessionEnd(*this); }} {}

    EventLoop loop;
    WorkerContext context;
    std::unique_ptr<Listener> listener;
    std::thread thread;
    bool done = false;  // under mutex: drained, no session left
  };

  Impl(HttpServerOptions o, Handler h) : options(std::move(o)), handler(std::move(h)) {}

  void OnAccept(Worker& worker, int fd, std::string remote_address);
  void OnSessionEnd(Worker& worker);
  void BeginDrain(Worker& worker);
  size_t CutSessions(Worker& worker);
  bool AllDone() const;

  HttpServerOptions options;
  Handler handler;
  std::vector<std::unique_ptr<Worker>> workers;
  std::atomic<size_t> connection_count{0};
  BoundSockets bound;
  bool running = false;

  std::mutex mutex;
  std::condition_variable changed;
  size_t cut_count = 0;    // under mutex
  size_t cut_workers = 0;  // under mutex
};

void HttpServer::Impl::OnAccept(Worker& worker, int fd, std::string remote_address) {
  if (connection_count.load(std::memory_order_relaxed) >= options.max_connections) {
    RefuseConnection(fd);
    return;
  }
  worker.loop.Spawn(
      Session::Serve(std::make_unique<Session>(worker.context, fd, std::move(remote_address))));
}

void HttpServer::Impl::OnSessionEnd(Worker& worker) {
  if (!worker.context.draining || worker.context.sessions != nullptr) return;
  const std::lock_guard lock(mutex);
  worker.done = true;
  changed.notify_all();
}

void HttpServer::Impl::BeginDrain(Worker& worker) {
  worker.context.draining = true;
  // Whoever has connected already is served: closing the socket would reset them.
  worker.listener->AcceptAll();
  worker.listener.reset();
  for (Session* session = worker.context.sessions; session != nullptr;
       session = session->next_session()) {
    session->CloseIfIdle();
  }
  OnSessionEnd(worker);
}

size_t HttpServer::Impl::CutSessions(Worker& worker) {
  size_t running_requests = 0;
  for (Session* session = worker.context.sessions; session != nullptr;
       session = session->next_session()) {
    running_requests += session->handling() ? 1 : 0;
    session->Cut();
  }
  return running_requests;
}

bool HttpServer::Impl::AllDone() const {
  for (const auto& worker : workers) {
    if (!worker->done) return false;
  }
  return true;
}

HttpServer::HttpServer(HttpServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() { Drain(Clock::now()); }

absl::Status HttpServer::Start() {
  Impl& impl = *impl_;
  absl::StatusOr<ListenEndpoint> endpoint = ParseListenEndpoint(impl.options.listen);
  if (!endpoint.ok()) return endpoint.status();
  if (impl.options.threads == 0) {
    impl.options.threads = std::max<size_t>(1, std::thread::hardware_concurrency());
  }
  absl::StatusOr<BoundSockets> bound = BindAll(*endpoint, impl.options.threads);
  if (!bound.ok()) return bound.status();
  impl.bound = *std::move(bound);
  for (size_t i = 0; i < impl.options.threads; ++i) {
    impl.workers.push_back(std::make_unique<Impl::Worker>(impl, i));
    Impl::Worker& worker = *impl.workers.back();
    if (impl.options.worker_state) {
      worker.context.state = impl.options.worker_state(worker.loop, i);
    }
    worker.listener = std::make_unique<Listener>(
        worker.loop, impl.bound.fds[i], [&impl, &worker](int fd, std::string remote_address) {
          impl.OnAccept(worker, fd, std::move(remote_address));
        });
  }
  for (const auto& worker : impl.workers) {
    worker->thread = std::thread([&loop = worker->loop] { loop.Run(); });
  }
  impl.running = true;
  return absl::OkStatus();
}

uint16_t HttpServer::port() const { return impl_->bound.port; }
std::string HttpServer::address() const { return impl_->bound.address; }
size_t HttpServer::threads() const { return impl_->workers.size(); }
EventLoop& HttpServer::loop(size_t worker_index) { return impl_->workers[worker_index]->loop; }

void HttpServer::PostToAll(std::function<void(EventLoop& loop, size_t worker_index)> function) {
  for (const auto& worker : impl_->workers) {
    worker->loop.Post(
        [&loop = worker->loop, index = worker->context.index, function] { function(loop, index); });
  }
}

size_t HttpServer::connection_count() const {
  return impl_->connection_count.load(std::memory_order_relaxed);
}

size_t HttpServer::Drain(TimePoint deadline) {
  Impl& impl = *impl_;
  if (!impl.running) return 0;
  impl.running = false;
  for (const auto& worker : impl.workers) {
    worker->loop.Post([&impl, &w = *worker] { impl.BeginDrain(w); });
  }
  {
    std::unique_lock lock(impl.mutex);
    impl.changed.wait_until(lock, deadline, [&] { return impl.AllDone(); });
    if (!impl.AllDone()) {
      for (const auto& worker : impl.workers) {
        worker->loop.Post([&impl, &w = *worker] {
          const size_t cut = impl.CutSessions(w);
          const std::lock_guard guard(impl.mutex);
          impl.cut_count += cut;
          ++impl.cut_workers;
          impl.changed.notify_all();
        });
      }
      impl.changed.wait_until(lock, Clock::now() + kCutGrace, [&] {
        return impl.AllDone() && impl.cut_workers == impl.workers.size();
      });
    }
  }
  for (const auto& worker : impl.workers) worker->loop.Stop();
  for (const auto& worker : impl.workers) {
    worker->thread.join();
    worker->context.state.reset();
  }
  const std::lock_guard lock(impl.mutex);
  return impl.cut_count;
}

}  // namespace junctor::net
