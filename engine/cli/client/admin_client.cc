// Calls by cpp-httplib.
#include "engine/cli/client/admin_client.h"

#include <httplib.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <thread>

#include "engine/admin/url_text.h"
#include "engine/config/base_url.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kBasePath = "/client/v4";
constexpr int kConnectSeconds = 10;
// A change is answered once it is on disk and live; a listing of many long routes is read by then.
constexpr int kAnswerSeconds = 120;
constexpr std::chrono::milliseconds kFirstRetryWait{200};
// Lists end with an empty page; a server whose pages never end is not followed further.
constexpr size_t kMaxListEntries = 1'000'000;

// Keeps SIGPIPE from this thread as long as it lives: OpenSSL writes to connections that the server
// has closed, and that must be an error of the call, not the end of the process.
class WithoutBrokenPipes {
 public:
  WithoutBrokenPipes() {
    sigemptyset(&broken_pipe_);
    sigaddset(&broken_pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe_, &before_);
  }
  ~WithoutBrokenPipes() {
    const timespec at_once{};
    while (sigismember(&before_, SIGPIPE) == 0 &&
           sigtimedwait(&broken_pipe_, nullptr, &at_once) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutBrokenPipes(const WithoutBrokenPipes&) = delete;
  WithoutBrokenPipes& operator=(const WithoutBrokenPipes&) = delete;

 private:
  sigset_t broken_pipe_;
  sigset_t before_;
};

std::string QueryText(const Query& query) {
  std::string text;
  for (const auto& [name, value] : query) {
    text += text.empty() ? '?' : '&';
    text += EncodePercent(name) + "=" + EncodePercent(value);
  }
  return text;
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

ControlErrors NoAnswer(std::string message) { return ControlErrors::One(0, 0, std::move(message)); }

}  // namespace

std::vector<ControlError> ReadErrors(const Json& entries, bool are_warnings) {
  std::vector<ControlError> errors;
  for (const Json& entry : entries.items()) {
    ControlError error;
    error.code = ParseNumber<int>(entry["code"].text()).value_or(0);
    error.message = entry.is(Json::Kind::kString) ? entry.text() : entry["message"].text();
    for (const Json& step : entry["path"].items()) error.path.push_back(step.text());
    error.diagnostic = entry["diagnostic"].text();
    error.is_warning = are_warnings;
    error.line = ParseNumber<size_t>(entry["line"].text()).value_or(0);
    error.column = ParseNumber<size_t>(entry["column"].text()).value_or(0);
    error.fix = entry["fix"].text();
    errors.push_back(std::move(error));
  }
  return errors;
}

struct AdminClient::Impl {
  Impl(AdminTarget server, const BaseUrl& url, Sleep wait)
      : target(std::move(server)),
        http((url.tls ? "https://" : "http://") + url.authority),
        sleep(std::move(wait)) {
    base = url.path;
    if (!base.ends_with(kBasePath)) base += kBasePath;
    base += "/accounts/" + EncodePercent(target.account) + "/ai-gateway";
    http.set_connection_timeout(kConnectSeconds);
    http.set_read_timeout(kAnswerSeconds);
    http.set_write_timeout(kAnswerSeconds);
    http.set_keep_alive(true);
    http.set_tcp_nodelay(true);
    http.set_url_encode(false);
    if (url.tls && !target.ca_file.empty()) http.set_ca_cert_path(target.ca_file);
  }

  httplib::Result Send(const char* method, const std::string& path, const std::string& body,
                       std::string* answer) {
    const WithoutBrokenPipes guard;
    httplib::Request request;
    request.method = method;
    request.path = path;
    request.headers = {{"accept", "application/json"}, {"user-agent", "junctor-cli"}};
    if (!target.token.empty()) {
      request.headers.emplace("authorization", "Bearer " + std::string(target.token.Reveal()));
    }
    if (!body.empty()) request.headers.emplace("content-type", "application/json");
    request.body = body;
    request.content_receiver = [answer](const char* data, size_t size, uint64_t, uint64_t) {
      if (answer->size() + size > kMaxAnswerBytes) return false;
      answer->append(data, size);
      return true;
    };
    return http.send(request);
  }

  std::string WhyNoAnswer(httplib::Error error) const {
    switch (error) {
      case httplib::Error::Connection:
      case httplib::Error::ConnectionTimeout:
        return "cannot connect to " + target.url +
               ": is `junctor serve` running there, with `admin` in its configuration? (another "
               "address: --url or JUNCTOR_URL)";
      case httplib::Error::SSLConnection:
        return "no TLS with " + target.url + ": does that port serve HTTPS?";
      case httplib::Error::SSLLoadingCerts:
        return "cannot read the certificates in `" + target.ca_file + "` (--ca-file)";
      case httplib::Error::SSLServerVerification:
        return "the certificate of " + target.url +
               " is not to be trusted: name the authority that signed it with --ca-file";
      case httplib::Error::Canceled:
        return target.url + " answered with more than " + std::to_string(kMaxAnswerBytes) +
               " bytes";
      default:
        return "no answer from " + target.url + ": " + httplib::to_string(error);
    }
  }

  AdminTarget target;
  httplib::Client http;
  Sleep sleep;
  std::string base;
};

namespace {

bool NeverConnected(httplib::Error error) {
  return error == httplib::Error::Connection || error == httplib::Error::ConnectionTimeout;
}

bool ConnectionLost(httplib::Error error) {
  return error == httplib::Error::Read || error == httplib::Error::Write;
}

// How long the server wants us to wait; nothing where it does not say.
std::optional<std::chrono::milliseconds> WaitAsked(const httplib::Response& response) {
  if (const auto ms = ParseNumber<int64_t>(response.get_header_value("retry-after-ms"))) {
    return std::chrono::milliseconds(*ms);
  }
  if (const auto seconds = ParseNumber<int32_t>(response.get_header_value("retry-after"))) {
    return std::chrono::seconds(*seconds);
  }
  return std::nullopt;
}

bool MayRepeat(const httplib::Response& response, bool idempotent) {
  const std::string advice = response.get_header_value("x-should-retry");
  if (advice == "false") return false;
  if (response.status != 429 && response.status != 503) return false;
  return idempotent || advice == "true";
}

// What an answer with `status` and `text` says.
ControlResult<AdminReply> ReadEnvelope(int status, std::string_view text, const std::string& url) {
  const bool good = status >= 200 && status < 300;
  absl::StatusOr<Json> body = Json::Parse(text);
  if (!body.ok() || !body->is(Json::Kind::kObject)) {
    ControlErrors errors = ControlErrors::One(
        status, 0,
        url + " answered " + std::to_string(status) + " with something that is no envelope" +
            (body.ok() ? "" : " (" + std::string(body.status().message()) + ")") +
            ": is that the admin API?");
    return errors;
  }
  AdminReply reply;
  reply.body = *std::move(body);
  reply.warnings = ReadErrors(reply.body["messages"], true);
  const Json& success = reply.body["success"];
  if (good && (success.is_null() || success.boolean())) return reply;
  ControlErrors errors;
  errors.status = status;
  errors.errors = ReadErrors(reply.body["errors"], false);
  if (errors.errors.empty()) {
    errors = ControlErrors::One(
        status, 0, url + " answered " + std::to_string(status) + " without saying why");
  }
  errors.errors.insert(errors.errors.end(), reply.warnings.begin(), reply.warnings.end());
  return errors;
}

}  // namespace

absl::StatusOr<AdminClient> AdminClient::Create(AdminTarget target) {
  return Create(std::move(target),
                [](std::chrono::milliseconds wait) { std::this_thread::sleep_for(wait); });
}

absl::StatusOr<AdminClient> AdminClient::Create(AdminTarget target, Sleep sleep) {
  const absl::StatusOr<BaseUrl> url = ParseBaseUrl(target.url);
  if (!url.ok()) {
    return absl::InvalidArgumentError("the URL `" + target.url +
                                      "` can't be used: " + std::string(url.status().message()));
  }
  if (target.token.Reveal().find_first_of("\r\n\t ") != std::string_view::npos) {
    return absl::InvalidArgumentError("the token has white space in it; tokens have none");
  }
  return AdminClient(std::make_unique<Impl>(std::move(target), *url, std::move(sleep)));
}

AdminClient::AdminClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminClient::AdminClient(AdminClient&&) noexcept = default;
AdminClient::~AdminClient() = default;

const AdminTarget& AdminClient::target() const { return impl_->target; }

ControlResult<AdminReply> AdminClient::Get(std::string_view path, const Query& query) {
  return Call("GET", path, query, {});
}
ControlResult<AdminReply> AdminClient::Post(std::string_view path, std::string body) {
  return Call("POST", path, {}, std::move(body));
}
ControlResult<AdminReply> AdminClient::Put(std::string_view path, std::string body) {
  return Call("PUT", path, {}, std::move(body));
}
ControlResult<AdminReply> AdminClient::Patch(std::string_view path, std::string body) {
  return Call("PATCH", path, {}, std::move(body));
}
ControlResult<AdminReply> AdminClient::Delete(std::string_view path) {
  return Call("DELETE", path, {}, {});
}

ControlResult<AdminReply> AdminClient::Call(const char* method, std::string_view path,
                                            const Query& query, std::string body) {
  const std::string_view verb = method;
  const bool idempotent = verb == "GET" || verb == "PUT" || verb == "DELETE";
  const std::string target = impl_->base + std::string(path) + QueryText(query);
  bool lost = false;  // an earlier attempt may have done it
  std::chrono::milliseconds wait = kFirstRetryWait;
  for (int attempt = 1;; ++attempt, wait *= 2) {
    std::string answer;
    const httplib::Result result = impl_->Send(method, target, body, &answer);
    const bool last = attempt == kMaxCallAttempts;
    if (!result) {
      const bool again =
          NeverConnected(result.error()) || (idempotent && ConnectionLost(result.error()));
      if (last || !again) return NoAnswer(impl_->WhyNoAnswer(result.error()));
      lost = lost || ConnectionLost(result.error());
      impl_->sleep(wait);
      continue;
    }
    if (lost && verb == "DELETE" && result->status == 404) return AdminReply();
    const std::chrono::milliseconds asked = WaitAsked(*result).value_or(wait);
    if (last || !MayRepeat(*result, idempotent) || asked > kMaxRetryWait) {
      return ReadEnvelope(result->status, answer, impl_->target.url);
    }
    impl_->sleep(asked);
  }
}

ControlResult<std::vector<Json>> AdminClient::Page(std::string_view path, std::string_view member,
                                                   const Query& query, size_t page) {
  Query paged = query;
  paged.emplace_back("page", std::to_string(page));
  paged.emplace_back("per_page", std::to_string(kPageSize));
  const ControlResult<AdminReply> reply = Get(path, paged);
  if (!reply.ok()) return reply.errors();
  return member.empty() ? reply->result().items() : reply->body["data"][member].items();
}

ControlResult<std::vector<Json>> AdminClient::List(std::string_view path, std::string_view member,
                                                   const Query& query, size_t limit) {
  std::vector<Json> entries;
  const size_t most = limit == 0 ? kMaxListEntries : limit;
  for (size_t page = 1; entries.size() < most; ++page) {
    const ControlResult<std::vector<Json>> more = Page(path, member, query, page);
    if (!more.ok()) return more.errors();
    if (more->empty()) break;
    entries.insert(entries.end(), more->begin(), more->end());
  }
  if (entries.size() > most) entries.resize(most);
  return entries;
}

ControlResult<Json> AdminClient::Find(std::string_view path, std::string_view member,
                                      const std::function<bool(const Json&)>& wanted) {
  for (size_t page = 1; page <= kMaxListEntries / kPageSize; ++page) {
    const ControlResult<std::vector<Json>> entries = Page(path, member, {}, page);
    if (!entries.ok()) return entries.errors();
    if (entries->empty()) break;
    const auto found = std::find_if(entries->begin(), entries->end(), wanted);
    if (found != entries->end()) return *found;
  }
  return Json();
}

}  // namespace junctor::engine
