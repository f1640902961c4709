// The listener of the admin API. cpp-httplib speaks HTTP; what a request means is
// admin_dispatcher.cc's to say.
//
// The library's bodies of requests are not used as they come: chunked and compressed ones would
// have no limit. So a body is read here, piece by piece, after its head was admitted.
#include "engine/admin/admin_server.h"

#include <atomic>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "engine/admin/admin_dispatcher.h"
#include "engine/admin/admin_endpoints.h"
#include "engine/admin/admin_request.h"
#include "engine/admin/http_server.h"
#include "engine/admin/open_api.h"
#include "engine/observe/log_event.h"

namespace junctor::engine {
namespace {

constexpr char kJson[] = "application/json";

// Longest decoded path: the library matches paths by a recursive regular expression.
constexpr size_t kMaxPathBytes = 2048;

void Write(const AdminAnswer& answer, httplib::Response& response) {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  response.set_content(answer.body, kJson);
}

// Answers and closes the connection, since the request's body was not read: the library would take
// it for the next request. It closes when a body's provider fails, so this one does after the last
// byte.
void WriteAndClose(const AdminAnswer& answer, httplib::Response& response) {
  response.status = answer.status;
  for (const auto& [name, value] : answer.headers) response.set_header(name, value);
  response.set_header("Connection", "close");
  response.set_content_provider(
      answer.body.size(), kJson,
      [body = answer.body](size_t offset, size_t length, httplib::DataSink& sink) {
        sink.write(body.data() + offset, length);
        return false;
      });
}

AdminAnswer BadRequest(int status, std::string message) {
  return Failure(ControlErrors::One(status, kCodeBadField, std::move(message)));
}

bool HasBody(const httplib::Request& request) {
  if (request.has_header("Transfer-Encoding")) return true;
  const std::string length = request.get_header_value("Content-Length");
  return !length.empty() && length != "0";
}

// Whether the body of a request can be read at all; else why not.
std::optional<AdminAnswer> BodyRefusal(const httplib::Request& request) {
  if (request.has_header("Transfer-Encoding") && request.has_header("Content-Length")) {
    return BadRequest(400, "a request has `Content-Length` or `Transfer-Encoding`, not both");
  }
  if (request.get_header_value_count("Content-Length") > 1) {
    return BadRequest(400, "a request has one `Content-Length`");
  }
  if (!HasBody(request)) return std::nullopt;
  const std::string encoding = request.get_header_value("Content-Encoding");
  if (!encoding.empty() && !absl::EqualsIgnoreCase(encoding, "identity")) {
    return BadRequest(415, "bodies are read without `Content-Encoding`");
  }
  if (request.is_multipart_form_data()) {
    return BadRequest(415, "bodies are JSON, with `Content-Type: application/json`");
  }
  return std::nullopt;
}

AdminAnswer TooLarge() {
  return BadRequest(413, "a body has at most " + std::to_string(kMaxAdminBodyBytes) + " bytes");
}

AdminCall CallOf(const httplib::Request& request) {
  return {request.method,
          request.target,
          request.get_header_value("Authorization"),
          request.get_header_value("X-Auth-Key"),
          request.get_header_value("User-Agent"),
          request.remote_addr};
}

// What the library refuses by itself, in the API's form.
AdminAnswer AnswerOfLibrary(const httplib::Request& request, int status) {
  switch (status) {
    case 404:
      return Failure(ControlErrors::NotFound("there is no such endpoint"));
    case 413:
      return TooLarge();
    case 414:
      return BadRequest(414, "the request's path is too long");
    case 416:
      return BadRequest(416, "answers have no ranges");
    default:
      return BadRequest(status, request.method.empty() ? "the request can't be understood"
                                                       : "the request can't be served");
  }
}

}  // namespace

struct AdminServer::Impl {
  Impl(const ListenAddress& address, ControlPlane* control, Log* server_log)
      : listen(address), log(server_log), dispatcher(control, AllAdminEndpoints()) {}

  void AnswerWithoutBody(const httplib::Request& request, httplib::Response& response) const {
    if (request.path == "/health") {
      response.set_content("{\"status\":\"ok\"}\n", kJson);
    } else if (request.path == "/openapi.json") {
      const std::string_view document = OpenApiDocument();
      response.set_content(document.data(), document.size(), kJson);
    } else {
      Write(dispatcher.Answer(CallOf(request), ""), response);
    }
  }

  void AnswerWithBody(const httplib::Request& request, httplib::Response& response,
                      const httplib::ContentReader& read) const {
    auto admission = dispatcher.Admit(CallOf(request));
    const bool has_body = HasBody(request);
    if (const auto* const refusal = std::get_if<AdminAnswer>(&admission)) {
      return has_body ? WriteAndClose(*refusal, response) : Write(*refusal, response);
    }
    std::string body;
    if (has_body) {
      bool too_large = false;
      const bool complete = read([&body, &too_large](const char* data, size_t length) {
        too_large = body.size() + length > kMaxAdminBodyBytes;
        if (!too_large) body.append(data, length);
        return !too_large;
      });
      if (too_large || response.status == 413) return WriteAndClose(TooLarge(), response);
      if (!complete) {
        return WriteAndClose(BadRequest(400, "the body ended before it was complete"), response);
      }
    }
    Write(
        dispatcher.Run(std::get<AdminDispatcher::Admitted>(std::move(admission)), std::move(body)),
        response);
  }

  void SetUp() {
    server.set_payload_max_length(kMaxAdminBodyBytes);
    server.set_tcp_nodelay(true);
    // Not the library's own option, with which two processes could share a port unnoticed.
    server.set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    });
    server.set_pre_routing_handler(
        [](const httplib::Request& request, httplib::Response& response) {
          if (request.path.size() > kMaxPathBytes) {
            WriteAndClose(AnswerOfLibrary(request, 414), response);
          } else if (const std::optional<AdminAnswer> refusal = BodyRefusal(request)) {
            WriteAndClose(*refusal, response);
          } else {
            return httplib::Server::HandlerResponse::Unhandled;
          }
          return httplib::Server::HandlerResponse::Handled;
        });
    server.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
      if (!response.body.empty() || response.content_length_ > 0) return;
      Write(AnswerOfLibrary(request, response.status), response);
    });
    server.set_exception_handler([this](const httplib::Request& request,
                                        httplib::Response& response, std::exception_ptr thrown) {
      std::string what = "unknown";
      try {
        std::rethrow_exception(std::move(thrown));
      } catch (const std::exception& exception) {
        what = exception.what();
      } catch (...) {
      }
      LogEvent(log, LogLevel::kError, "admin_fault")
          .Text("method", request.method)
          .Text("path", request.path)
          .Text("error", what);
      WriteAndClose(Failure(ControlErrors::One(500, kCodeInternal, "an internal error was logged")),
                    response);
    });
    const std::string any = "[\\s\\S]*";
    const auto without_body = [this](const httplib::Request& request, httplib::Response& response) {
      AnswerWithoutBody(request, response);
    };
    const auto with_body = [this](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& read) {
      AnswerWithBody(request, response, read);
    };
    server.Get(any, without_body);
    server.Options(any, without_body);
    server.Post(any, with_body);
    server.Put(any, with_body);
    server.Patch(any, with_body);
    server.Delete(any, with_body);
  }

  const ListenAddress listen;
  Log* const log;
  const AdminDispatcher dispatcher;
  HttpServer server;
  int port = 0;
  std::atomic<bool> stopping = false;
  std::atomic<bool> ended = false;  // the thread takes no connections any more
  std::thread thread;
};

AdminServer::AdminServer(const ListenAddress& listen, ControlPlane* control, Log* log)
    : impl_(std::make_unique<Impl>(listen, control, log)) {
  impl_->SetUp();
}

AdminServer::~AdminServer() { Stop(); }

absl::Status AdminServer::Start() {
  Impl& impl = *impl_;
  if (impl.listen.port == 0) {
    impl.port = impl.server.bind_to_any_port(impl.listen.host);
  } else if (impl.server.bind_to_port(impl.listen.host, impl.listen.port)) {
    impl.port = impl.listen.port;
  }
  if (impl.port <= 0) {
    impl.port = impl.listen.port;
    return absl::UnavailableError("the admin API can't listen on " + address() +
                                  ": is the port in use?");
  }
  impl.server.WidenBacklog();
  impl.thread = std::thread([&impl] {
    impl.server.listen_after_bind();
    impl.ended = true;
    if (!impl.stopping) LogEvent(impl.log, LogLevel::kError, "admin_listener_failed");
  });
  return absl::OkStatus();
}

void AdminServer::Stop() {
  if (!impl_->thread.joinable()) return;
  impl_->stopping = true;
  // The library forgets a stop that comes before its loop runs.
  while (!impl_->server.is_running() && !impl_->ended) std::this_thread::yield();
  impl_->server.StopSoon();
  impl_->thread.join();
}

std::string AdminServer::address() const {
  const std::string& host = impl_->listen.host;
  return (host.find(':') == host.npos ? host : "[" + host + "]") + ":" +
         std::to_string(impl_->port);
}

}  // namespace junctor::engine
