#include "engine/providers/google/access_token_source.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <list>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/net/http_types.h"
#include "engine/net/timer_wheel.h"
#include "engine/providers/chat/failure_classifier.h"

namespace junctor::engine {
namespace {

constexpr int64_t kDefaultTokenSeconds = 3600;  // where the answer does not say
constexpr int64_t kMaxTokenSeconds = 86'400;    // no token is kept for longer than a day
constexpr size_t kMaxTokenBytes = 16 * 1024;    // it becomes a header
// Handlers that the destructor runs at most to see refreshes end: each takes a few.
constexpr int kMaxClosingHandlers = 100'000;

// What a token service's answer says.
struct TokenAnswer {
  std::string token;
  int64_t seconds = kDefaultTokenSeconds;
};

struct HttpAnswer {
  int status = 0;
  std::string body;
};

Failure AuthFailure(std::string message) {
  const ErrorKind kind = ErrorKindOf(401);
  Failure failure;
  failure.error = ErrorClass::kAuth;
  failure.upstream_status = 401;
  failure.message = std::move(message);
  failure.type = kind.type;
  failure.code = kind.code;
  return failure;
}

Failure WrongAnswer(std::string_view what) {
  const ErrorKind kind = ErrorKindOf(502);
  Failure failure;
  failure.error = ErrorClass::kServerError;
  failure.upstream_status = 502;
  failure.message = "the token service's answer " + std::string(what);
  failure.type = kind.type;
  failure.code = kind.code;
  return failure;
}

// `{"error":"invalid_grant","error_description":"…"}`.
std::string OAuthError(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  std::string_view error;
  if (parser.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS ||
      object.at_key("error").get(error) != simdjson::SUCCESS) {
    return {};
  }
  std::string text(error);
  std::string_view description;
  if (object.at_key("error_description").get(description) == simdjson::SUCCESS)
    text.append(": ").append(description);
  return text;
}

Failure RefusalOf(const HttpAnswer& answer) {
  const net::HeaderList no_headers;
  Failure failure = ClassifyAnswer(answer.status, no_headers, answer.body, 0);
  failure.body.clear();
  std::string said = OAuthError(answer.body);
  if (said.empty()) said = failure.message;
  // A service that is too busy says nothing about the key.
  if (answer.status < 400 || answer.status >= 500 || answer.status == 429) {
    failure.message = "the token service answered " + std::to_string(answer.status) + ": " + said;
    return failure;
  }
  return AuthFailure("the token service refused the service account: " + said);
}

// Nothing where the token could not be used.
std::optional<TokenAnswer> ReadTokenAnswer(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  std::string_view token;
  if (parser.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS ||
      object.at_key("access_token").get(token) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  std::string_view type;
  if (object.at_key("token_type").get(type) == simdjson::SUCCESS &&
      !net::EqualsIgnoreCase(type, "bearer")) {
    return std::nullopt;
  }
  if (token.empty() || token.size() > kMaxTokenBytes || !net::IsValidHeaderValue(token) ||
      token.find(' ') != std::string_view::npos) {
    return std::nullopt;
  }
  TokenAnswer answer;
  answer.token = token;
  int64_t seconds = 0;
  if (object.at_key("expires_in").get(seconds) == simdjson::SUCCESS)
    answer.seconds = std::clamp<int64_t>(seconds, 0, kMaxTokenSeconds);
  return answer;
}

std::string MakeHead(const TokenEndpoint& endpoint, size_t body_bytes) {
  return "POST " + endpoint.path + " HTTP/1.1\r\nHost: " + endpoint.authority +
         "\r\nContent-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n"
         "Accept-Encoding: identity\r\nContent-Length: " +
         std::to_string(body_bytes) + "\r\n\r\n";
}

}  // namespace

struct AccessTokenSource::State {
  // One Get() that waits.
  struct Pending {
    net::CancelSignal wake;  // fires when the refresh ended, or this wait's own signal
    std::optional<AccessTokenResult> result;
  };

  struct Entry {
    std::string identity;
    std::string token;  // empty: none
    int64_t expires_at = 0;
    int64_t refresh_at = 0;
    bool refreshing = false;
    std::vector<Pending*> waiting;
  };
  using Entries = std::list<std::shared_ptr<Entry>>;

  State(net::EventLoop& event_loop, net::ConnectionPool& connection_pool, UnixClock unix_clock)
      : loop(event_loop), pool(connection_pool), clock(std::move(unix_clock)) {}

  std::shared_ptr<Entry> EntryOf(const ServiceAccount& account);
  // Ends the refresh of `entry` for its waiters.
  static void End(Entry& entry, const AccessTokenResult& result);
  // Begins a refresh. Its waiters, registered before, may have their result when this returns.
  static void Start(const std::shared_ptr<State>& state, const std::shared_ptr<Entry>& entry,
                    const ServiceAccount& account);
  // A refresh, from its request to the waiters' results.
  static net::Awaitable<void> Refresh(std::shared_ptr<State> state, std::shared_ptr<Entry> entry,
                                      TokenEndpoint endpoint, std::string body);
  net::Awaitable<net::NetResult<HttpAnswer>> Fetch(const TokenEndpoint& endpoint,
                                                   std::string_view body);

  net::EventLoop& loop;
  net::ConnectionPool& pool;
  UnixClock clock;
  net::CancelSignal closing;
  Entries entries;  // the last used first
  std::unordered_map<std::string, Entries::iterator> by_identity;
  size_t refreshing = 0;
};

std::shared_ptr<AccessTokenSource::State::Entry> AccessTokenSource::State::EntryOf(
    const ServiceAccount& account) {
  std::string identity = account.Identity();
  const auto found = by_identity.find(identity);
  if (found != by_identity.end()) {
    entries.splice(entries.begin(), entries, found->second);
    return entries.front();
  }
  if (entries.size() >= kMaxAccessTokens) {
    // A refresh of it that runs keeps the entry, and its waiters get their token.
    by_identity.erase(entries.back()->identity);
    entries.pop_back();
  }
  auto entry = std::make_shared<Entry>();
  entry->identity = identity;
  entries.push_front(entry);
  by_identity.emplace(std::move(identity), entries.begin());
  return entry;
}

void AccessTokenSource::State::End(Entry& entry, const AccessTokenResult& result) {
  entry.refreshing = false;
  const std::vector<Pending*> waiting = std::exchange(entry.waiting, {});
  for (Pending* pending : waiting) pending->result = result;
  // Resumes nobody before this returns: SleepUntil posts.
  for (Pending* pending : waiting) pending->wake.Cancel();
}

void AccessTokenSource::State::Start(const std::shared_ptr<State>& state,
                                     const std::shared_ptr<Entry>& entry,
                                     const ServiceAccount& account) {
  const int64_t now = state->clock();
  entry->refreshing = true;
  entry->refresh_at = now + kRefreshPauseSeconds;
  absl::StatusOr<std::string> assertion = MakeAssertion(account, kCloudPlatformScope, now);
  if (!assertion.ok()) {
    AccessTokenResult result;
    const absl::string_view message = assertion.status().message();
    result.failure = AuthFailure(std::string(message.data(), message.size()));
    End(*entry, result);
    return;
  }
  std::string body =
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" + *assertion;
  ++state->refreshing;
  state->loop.Spawn(Refresh(state, entry, account.token_endpoint, std::move(body)));
}

net::Awaitable<net::NetResult<HttpAnswer>> AccessTokenSource::State::Fetch(
    const TokenEndpoint& endpoint, std::string_view body) {
  const std::string head = MakeHead(endpoint, body.size());
  const std::array<std::string_view, 1> pieces{body};
  net::SendOptions options;
  options.deadline = loop.now() + kRefreshTimeout;
  options.cancel = &closing;
  net::NetResult<std::unique_ptr<net::ClientExchange>> sent =
      co_await pool.Send(endpoint.upstream, head, pieces, options);
  if (!sent.ok()) co_return sent.error();
  net::ClientExchange& exchange = **sent;
  HttpAnswer answer;
  answer.status = exchange.head().status;
  while (!exchange.ended()) {
    net::NetResult<std::string_view> piece = co_await exchange.ReadSome();
    if (!piece.ok()) co_return piece.error();
    if (piece->empty()) break;
    if (answer.body.size() + piece->size() > kMaxTokenAnswerBytes) {
      co_return net::NetError{net::NetErrorKind::kProtocol,
                              endpoint.authority + ": the token service's answer has more than " +
                                  std::to_string(kMaxTokenAnswerBytes) + " bytes"};
    }
    answer.body.append(*piece);
  }
  co_return answer;
}

net::Awaitable<void> AccessTokenSource::State::Refresh(std::shared_ptr<State> state,
                                                       std::shared_ptr<Entry> entry,
                                                       TokenEndpoint endpoint, std::string body) {
  AccessTokenResult result;
  const net::NetResult<HttpAnswer> answer = co_await state->Fetch(endpoint, body);
  if (!answer.ok()) {
    result.net_error = answer.error();
  } else if (answer.value().status != 200) {
    result.failure = RefusalOf(answer.value());
  } else if (std::optional<TokenAnswer> read = ReadTokenAnswer(answer.value().body)) {
    const int64_t now = state->clock();
    entry->token = read->token;
    entry->expires_at = now + read->seconds;
    entry->refresh_at =
        entry->expires_at - std::min<int64_t>(kRefreshEarlySeconds, read->seconds / 2);
    result.token = std::move(read->token);
  } else {
    result.failure = WrongAnswer("holds no usable access_token");
  }
  --state->refreshing;
  End(*entry, result);
}

AccessTokenSource::AccessTokenSource(net::EventLoop& loop, net::ConnectionPool& pool,
                                     UnixClock clock)
    : state_(std::make_shared<State>(loop, pool, std::move(clock))) {}

AccessTokenSource::~AccessTokenSource() {
  state_->closing.Cancel();
  if (state_->refreshing == 0) return;
  auto& context = state_->loop.io_context();
  if (context.stopped()) context.restart();
  for (int i = 0; i < kMaxClosingHandlers && state_->refreshing > 0; ++i) {
    if (context.poll_one() == 0) break;
  }
}

net::Awaitable<AccessTokenResult> AccessTokenSource::Get(const ServiceAccount& account,
                                                         net::TimePoint deadline,
                                                         net::CancelSignal* cancel) {
  const std::shared_ptr<State> state = state_;
  const std::shared_ptr<State::Entry> entry = state->EntryOf(account);
  const int64_t now = state->clock();
  AccessTokenResult result;
  if (!entry->token.empty() && now < entry->expires_at - kTokenMarginSeconds) {
    result.token = entry->token;
    if (now >= entry->refresh_at && !entry->refreshing) State::Start(state, entry, account);
    co_return result;
  }
  State::Pending pending;
  net::CancelHook caller([&pending] { pending.wake.Cancel(); });
  entry->waiting.push_back(&pending);
  if (!entry->refreshing) State::Start(state, entry, account);
  if (!pending.result) {
    caller.Attach(cancel);
    (void)co_await net::SleepUntil(state->loop, deadline, &pending.wake);
  }
  if (pending.result) co_return *std::move(pending.result);
  std::erase(entry->waiting, &pending);
  const bool cancelled = cancel != nullptr && cancel->cancelled();
  result.net_error = cancelled ? net::NetError{net::NetErrorKind::kCancelled,
                                               "cancelled while waiting for an access token"}
                               : net::NetError{net::NetErrorKind::kTimeout,
                                               account.token_endpoint.authority +
                                                   ": no access token came before the deadline"};
  co_return result;
}

bool AccessTokenSource::Invalidate(std::string_view token) {
  bool found = false;
  for (const std::shared_ptr<State::Entry>& entry : state_->entries) {
    if (token.empty() || entry->token != token) continue;
    entry->token.clear();
    found = true;
  }
  return found;
}

size_t AccessTokenSource::size() const { return state_->entries.size(); }
size_t AccessTokenSource::refreshing() const { return state_->refreshing; }

}  // namespace junctor::engine
