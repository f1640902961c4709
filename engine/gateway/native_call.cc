#include "engine/gateway/native_call.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/time/clock.h"
#include "engine/gateway/key_limit.h"
#include "engine/providers/bedrock/aws_signature.h"
#include "engine/providers/chat/credential_token.h"
#include "engine/providers/chat/failure_classifier.h"
#include "engine/providers/chat/forwarded_headers.h"
#include "engine/providers/credentials.h"
#include "engine/providers/google/vertex_key.h"
#include "engine/providers/native/native_credentials.h"
#include "runtime/interp/retry_policy.h"

namespace junctor::engine {
namespace {

constexpr std::chrono::milliseconds kNativeErrorBodyTimeout{5000};

// How a call's repetitions are decided: as those of a model element.
ModelSpec SpecOf(const RequestOptions& options, bool repeats_lost_requests) {
  ModelSpec spec;
  spec.retries = static_cast<uint8_t>(options.max_attempts - 1);
  spec.retry_delay_ms = static_cast<uint32_t>(options.retry_delay.count());
  spec.backoff = options.backoff;
  spec.retry_on = DefaultRetryOn(/*has_fallback=*/false);
  if (!repeats_lost_requests) {
    // The provider may have got the request: a second job would be a second bill.
    spec.retry_on = static_cast<ErrorClassSet>(
        spec.retry_on &
        ~(Only(ErrorClass::kReset) | Only(ErrorClass::kTimeout) | Only(ErrorClass::kServerError)));
  }
  return spec;
}

net::HeaderList Without(const net::HeaderList& headers, std::string_view name) {
  net::HeaderList others;
  for (const net::HeaderView& header : headers) {
    if (!net::EqualsIgnoreCase(header.name, name)) others.push_back(header);
  }
  return others;
}

bool IsIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS";
}

}  // namespace

net::Awaitable<absl::StatusOr<NativeAnswer>> NativeCall::Run(const RequestOptions& options,
                                                             bool read_errors) {
  using Result = absl::StatusOr<NativeAnswer>;
  const ProviderRecord& record = *request_.provider->record;
  absl::StatusOr<NativeTarget> target =
      MakeNativeTarget(record, request_.rest, request_.query, request_.head->headers);
  if (!target.ok()) co_return Result(target.status());
  const bool repeats_lost_requests =
      record.format != ChatFormat::kNone || IsIdempotent(request_.head->method);
  const ModelSpec spec = SpecOf(options, repeats_lost_requests);
  const uint32_t attempts = request_.upload == nullptr ? options.max_attempts : 1;
  for (uint32_t attempt = 0;; ++attempt) {
    const net::TimePoint begin = net::Clock::now();
    // The last of several attempts is waited for, however long it takes.
    const bool is_patient = attempt > 0 && attempt + 1 == attempts;
    const net::TimePoint deadline =
        begin + (is_patient ? kNativeTimeout : options.timeout.value_or(kNativeTimeout));
    NativeAnswer answer;
    absl::StatusOr<std::string> head = co_await MakeHead(*target, deadline, &answer);
    if (!head.ok()) co_return Result(head.status());
    if (!answer.failure.has_value()) {
      answer = co_await Attempt(*target, *head, deadline, read_errors || attempt + 1 < attempts);
    }
    const int status = answer.exchange == nullptr ? 0 : answer.exchange->head().status;
    std::string_view error;
    if (answer.caller_gone) {
      error = "cancelled";
    } else if (answer.failure.has_value()) {
      error = ErrorClassName(answer.failure->error);
    }
    log_->AddAttempt("", record.slug, "", status, error, {}, MillisecondsSince(begin));
    if (answer.caller_gone || !answer.failure.has_value() || attempt + 1 >= attempts ||
        (answer.exchange == nullptr && answer.failure->should_retry == false)) {
      co_return Result(std::move(answer));
    }
    FailedAttempt failed;
    failed.attempt = attempt;
    failed.error = answer.failure->error;
    failed.retry_after_ms = answer.failure->retry_after_ms;
    failed.random = worker_->random.Next();
    const std::optional<uint32_t> delay = DelayBeforeRetry(spec, failed);
    if (!delay.has_value()) co_return Result(std::move(answer));
    const net::TimePoint again = net::Clock::now() + std::chrono::milliseconds(*delay);
    const bool slept = co_await net::SleepUntil(*worker_->loop, again, request_.gone);
    if (!slept) {
      answer.caller_gone = true;
      co_return Result(std::move(answer));
    }
  }
}

net::Awaitable<absl::StatusOr<std::string>> NativeCall::MakeHead(const NativeTarget& target,
                                                                 net::TimePoint deadline,
                                                                 NativeAnswer* answer) {
  using Result = absl::StatusOr<std::string>;
  const ProviderRecord& record = *request_.provider->record;
  NativeCredential credential;
  const CredentialScope& scope = request_.scope->credentials;
  credential.is_gateway_token = [&scope](std::string_view token) {
    return scope.IsGatewayToken(token);
  };
  const bool configured_keys_serve = scope.configured_keys_serve();
  absl::StatusOr<FoundKey> key =
      FindKey(record, request_.head->headers.Get("cf-aig-byok-alias"), scope);
  if (!key.ok()) co_return Result(key.status());
  credential.key = key->key;

  net::RequestHead caller = *request_.head;
  const std::string_view extra_lines = request_.provider->extra_lines;
  if (!extra_lines.empty()) {
    // The operator's headers take the place of the caller's, but for its credentials.
    net::HeaderList others;
    for (const net::HeaderView& header : request_.head->headers) {
      if (!HoldsHeader(extra_lines, header.name) || IsCredentialHeader(header.name)) {
        others.push_back(header);
      }
    }
    caller.headers = std::move(others);
  }
  // What the caller signed must arrive as it is.
  const bool asks_for_plain = request_.reads_answer && !target.client_signed;
  if (asks_for_plain) caller.headers = Without(caller.headers, "accept-encoding");
  std::string token;
  if (record.format == ChatFormat::kVertex) {
    // A service account, the caller's or the configured one, becomes a token.
    std::string_view text = caller.headers.Get("authorization");
    const bool is_callers = !text.empty() && !scope.IsGatewayToken(TokenOf(text));
    if (!is_callers) {
      text = credential.key;
      if (text.empty() && configured_keys_serve) text = record.service_account.Reveal();
    }
    if (!text.empty()) {
      absl::StatusOr<VertexKey> vertex = ReadVertexKey(text, record.token_origins);
      if (!vertex.ok()) co_return Result(vertex.status());
      if (vertex->account.has_value()) {
        AccessTokenResult got =
            co_await worker_->providers.tokens().Get(*vertex->account, deadline, request_.gone);
        if (got.failure.has_value()) answer->failure = std::move(got.failure);
        if (got.net_error.has_value()) answer->failure = ClassifyNetError(*got.net_error);
        token = std::move(got.token);
        credential.key = token;
        if (is_callers) key->stored = nullptr;
        caller.headers = Without(caller.headers, "authorization");
      }
    }
  }

  if (!net::IsValidHeaderValue(credential.key)) co_return Result(UnsendableKey(record));
  std::string head(request_.head->method);
  std::string path = target.path_and_query;
  const size_t mark = path.find('?');
  if (mark != std::string::npos) {
    const std::string query =
        QueryWithoutGatewayToken(std::string_view(path).substr(mark + 1), credential);
    path.resize(query.empty() ? mark : mark + 1);
    path.append(query);
  }
  head.append(" ").append(path).append(" HTTP/1.1\r\nHost: ").append(target.url.authority);
  head.append("\r\n");
  if (asks_for_plain) head.append("Accept-Encoding: identity\r\n");
  const CredentialSource source = AppendNativeRequestHeaders(caller, record, credential, &head);
  if (source == CredentialSource::kGateway) {
    key->NoteUse();
    if (key->stored != nullptr && key->stored->has_rate_limit() && !answer->failure.has_value()) {
      answer->failure = co_await TakeKeyRate(worker_, request_.scope->id, *key->stored);
    }
  }
  AppendExtraLines(extra_lines, head, &head);
  if (source == CredentialSource::kNone && !target.aws_service.empty() && configured_keys_serve &&
      !record.aws_access_key_id.empty() && request_.upload == nullptr) {
    AwsCredentials aws;
    aws.access_key_id = record.aws_access_key_id.Reveal();
    aws.secret_access_key = record.aws_secret_access_key;
    aws.session_token = record.aws_session_token;
    aws.region = target.aws_region;
    const std::array<net::HeaderView, 1> headers = {{{"host", target.url.authority}}};
    const std::array<std::string_view, 1> body = {request_.body};
    AwsRequest request;
    request.method = request_.head->method;
    const size_t query = path.find('?');
    request.path = std::string_view(path).substr(0, query);
    if (query != std::string::npos) request.query = std::string_view(path).substr(query + 1);
    request.headers = headers;
    request.body = body;
    head.append(SignAwsRequest(request, aws, target.aws_service, absl::ToUnixSeconds(absl::Now())));
  }
  if (request_.upload == nullptr) {
    if (request_.has_body) {
      head.append("Content-Length: ").append(std::to_string(request_.body.size())).append("\r\n");
    }
  }
  head.append("\r\n");
  co_return Result(std::move(head));
}

net::Awaitable<NativeAnswer> NativeCall::Attempt(const NativeTarget& target, std::string_view head,
                                                 net::TimePoint deadline, bool reads_errors) {
  NativeAnswer answer;
  const net::Upstream upstream{target.url.host, target.url.port, target.url.tls,
                               target.public_only || request_.provider->custom != nullptr};
  net::SendOptions options;
  options.cancel = request_.gone;
  net::NetResult<std::unique_ptr<net::ClientExchange>> sent =
      net::NetError{net::NetErrorKind::kCancelled, ""};
  if (request_.upload != nullptr) {
    // However long the upload takes: the provider's time begins with its end.
    options.answer_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::max(deadline - net::Clock::now(), net::Clock::duration(0)));
    sent = co_await worker_->pool.Send(upstream, head, *request_.upload, options);
  } else {
    options.deadline = deadline;
    const std::array<std::string_view, 1> body = {request_.body};
    sent = co_await worker_->pool.Send(upstream, head, body, options);
  }
  if (!sent.ok()) {
    answer.caller_gone = request_.gone->cancelled();
    answer.failure = ClassifyNetError(sent.error());
    co_return answer;
  }
  answer.exchange = std::move(*sent);
  const net::ResponseHead& response = answer.exchange->head();
  if (response.status >= 400 && reads_errors) {
    answer.exchange->SetDeadline(std::min(deadline, net::Clock::now() + kNativeErrorBodyTimeout));
    while (answer.error_body.size() < kMaxErrorBodyBytes && !answer.exchange->ended()) {
      net::NetResult<std::string_view> piece = co_await answer.exchange->ReadSome();
      if (!piece.ok() || piece->empty()) break;
      answer.error_body.append(*piece);
    }
    answer.caller_gone = request_.gone->cancelled();
    answer.failure = ClassifyAnswer(response.status, response.headers, answer.error_body,
                                    absl::ToUnixSeconds(absl::Now()));
    answer.ended = answer.exchange->ended();
    co_return answer;
  }
  answer.exchange->SetDeadline(deadline);
  net::NetResult<std::string_view> piece = co_await answer.exchange->ReadSome();
  if (!piece.ok()) {
    answer.caller_gone = request_.gone->cancelled();
    answer.failure = ClassifyNetError(piece.error());
    answer.exchange.reset();
    co_return answer;
  }
  answer.first_piece = *piece;
  answer.ended = piece->empty() || answer.exchange->ended();
  co_return answer;
}

}  // namespace junctor::engine
