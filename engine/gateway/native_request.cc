#include "engine/gateway/native_request.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "engine/gateway/compat_request.h"
#include "engine/net/request_body_source.h"
#include "engine/providers/chat/failure_classifier.h"
#include "engine/providers/chat/forwarded_headers.h"

namespace junctor::engine {
namespace {

ErrorResponse NativeError(ChatFormat format, int status, std::string_view message,
                          std::string_view code) {
  ErrorFields fields;
  fields.message = message;
  fields.type = ErrorKindOf(status).type;
  fields.code = code;
  return MakeNativeError(format, status, fields);
}

// Whether a body is a file rather than a document that names its model.
bool IsFile(const net::HeaderList& headers) {
  constexpr std::array<std::string_view, 5> kFiles = {"multipart/", "audio/", "video/", "image/",
                                                      "application/octet-stream"};
  const std::string type = absl::AsciiStrToLower(std::string(headers.Get("content-type")));
  return std::any_of(kFiles.begin(), kFiles.end(),
                     [&type](std::string_view prefix) { return type.starts_with(prefix); });
}

// A body of a known, moderate length is kept; one that is larger, or of a length that nobody knows,
// goes through. But where the gateway limits what models may cost, it is read all the same: else
// its size would hide the model from the rules.
bool IsKept(const net::RequestHead& head, const RequestLimits& limits) {
  if (head.framing == net::Framing::kNone) return true;
  if (head.framing == net::Framing::kLength && head.content_length <= kReplayableBodyBytes) {
    return true;
  }
  return limits.gateway() != nullptr && !limits.gateway()->spend_rules.empty() &&
         !IsFile(head.headers);
}

}  // namespace

net::Awaitable<void> SendNativeAnswer(net::ServerExchange* exchange, const AnswerSender* sender,
                                      std::string_view provider, std::string_view step,
                                      NativeAnswer* answer, NativeSpending* spending,
                                      RequestLog* log) {
  const net::ResponseHead& head = answer->exchange->head();
  std::vector<net::HeaderView> headers;
  headers.reserve(head.headers.size() + 6);
  for (const net::HeaderView& header : head.headers) {
    if (IsForwardedResponseHeader(header.name)) headers.push_back(header);
  }
  headers.push_back({"cf-aig-provider", provider});
  if (!step.empty()) headers.push_back({"cf-aig-step", step});
  sender->AppendOwnHeaders(&headers);
  log->SetOutcome(head.status, head.status < 400 ? "response" : "failure");
  log->NoteFirstByte();
  // An error has used nothing.
  const bool counts = head.status < 400;
  const bool is_changed = counts && spending->Begin(head.headers);
  const auto take = [spending, counts](std::string_view piece, bool is_last) {
    return counts ? spending->Take(piece, is_last) : piece;
  };
  if (answer->ended) {
    const absl::Status sent =
        co_await exchange->Respond(head.status, headers, take(answer->piece(), true));
    if (!sent.ok()) log->SetOutcome(head.status, "client_gone");
    co_return;
  }
  std::optional<uint64_t> length;
  if (head.framing == net::Framing::kLength && !is_changed) length = head.content_length;
  absl::Status sent =
      co_await exchange->StartStream(head.status, headers, length, take(answer->piece(), false));
  while (sent.ok()) {
    answer->exchange->SetDeadline(net::Clock::now() + kNativeTimeout);
    net::NetResult<std::string_view> piece = co_await answer->exchange->ReadSome();
    if (!piece.ok()) {
      if (exchange->is_client_gone()) break;
      log->SetOutcome(head.status, "stream_failure");
      log->BreakAttempt(log->attempt_count() - 1);
      exchange->Abort();
      co_return;
    }
    const bool ended = piece->empty() || answer->exchange->ended();
    const std::string_view passed = take(*piece, ended);
    if (ended) {
      sent = co_await exchange->Finish(passed);
      if (sent.ok()) co_return;
      break;
    }
    if (!passed.empty()) sent = co_await exchange->Write(passed);
  }
  log->SetOutcome(head.status, "client_gone");
}

net::Awaitable<void> ServeNative(Worker* worker, net::ServerExchange* exchange,
                                 const Endpoint* endpoint, const GatewayScope* scope,
                                 RequestLimits* limits, RequestLog* log) {
  AnswerSender sender(exchange, log);
  const std::shared_ptr<const ProviderSet::Entry> provider =
      worker->providers.Find(endpoint->provider, scope->directory.get());
  if (provider == nullptr || provider->record->in_process) {
    const std::string message = "there is no provider `" + std::string(endpoint->provider) +
                                "` with an endpoint of its own";
    const ErrorResponse error = NativeError(ChatFormat::kOpenAi, 404, message, "unknown_provider");
    co_await sender.SendError(error, "rejected");
    co_return;
  }
  const ChatFormat format = provider->record->format;
  if (!provider->enabled()) {
    const std::string message =
        "the provider `" + std::string(endpoint->provider) + "` is disabled";
    const ErrorResponse error = NativeError(format, 403, message, "provider_disabled");
    co_await sender.SendError(error, "rejected");
    co_return;
  }
  const net::RequestHead& head = exchange->head();
  absl::StatusOr<OptionValues> values = ReadOptionHeaders(head.headers);
  if (!values.ok()) {
    const ErrorResponse error =
        NativeError(format, 400, std::string(values.status().message()), "invalid_header");
    co_await sender.SendError(error, "rejected");
    co_return;
  }
  const RequestOptions options = ResolveOptions({*values, scope->defaults()});
  NativeRequest request;
  request.provider = provider;
  request.scope = scope;
  request.head = &head;
  request.rest = endpoint->rest;
  const size_t mark = head.target.find('?');
  if (mark != std::string_view::npos) request.query = head.target.substr(mark + 1);
  request.gone = &exchange->client_gone();
  net::BodyBuffer body;
  std::optional<net::RequestBodySource> upload;
  if (IsKept(head, *limits)) {
    if (head.framing != net::Framing::kNone) {
      const uint64_t max_bytes =
          std::max<uint64_t>(kReplayableBodyBytes, worker->shared->config->limits.body_bytes);
      absl::StatusOr<net::BodyBuffer> read = co_await exchange->ReadBody(max_bytes);
      if (!read.ok()) {
        if (absl::IsCancelled(read.status())) {
          log->SetOutcome(0, "client_gone");
          co_return;
        }
        const ErrorResponse shape = BodyError(read.status(), max_bytes);
        const ErrorResponse error =
            NativeError(format, shape.status, std::string(read.status().message()), "invalid_body");
        co_await sender.SendError(error, "rejected");
        co_return;
      }
      body = *std::move(read);
      request.has_body = true;
      log->SetBytesIn(body.size());
    }
    request.body = body.view();
  } else {
    upload.emplace(*exchange);
    request.upload = &*upload;
  }
  NativeSpending spending(worker, limits, &request, log);
  if (!spending.status().ok()) {
    const ErrorResponse error =
        NativeError(format, 400, std::string(spending.status().message()), "invalid_custom_cost");
    co_await sender.SendError(error, "rejected");
    co_return;
  }
  if (const std::optional<GatewayRefusal> refused = co_await spending.Ask()) {
    const ErrorResponse error = RefusalError(*refused, format);
    co_await sender.SendError(error, "limited");
    co_return;
  }
  NativeCall call(worker, request, log);
  absl::StatusOr<NativeAnswer> answer = co_await call.Run(options, /*read_errors=*/false);
  if (upload.has_value()) {
    log->SetBytesIn(upload->bytes_read());
    if (!upload->status().ok() && !absl::IsCancelled(upload->status())) {
      const ErrorResponse shape = BodyError(upload->status(), 0);
      const ErrorResponse error = NativeError(
          format, shape.status, std::string(upload->status().message()), "invalid_body");
      co_await sender.SendError(error, "rejected");
      co_return;
    }
  }
  if (!answer.ok()) {
    const ErrorResponse error =
        NativeError(format, 400, std::string(answer.status().message()), "invalid_request");
    co_await sender.SendError(error, "rejected");
    co_return;
  }
  if (answer->caller_gone) {
    log->SetOutcome(0, "client_gone");
    co_return;
  }
  if (answer->exchange == nullptr) {
    const Failure& failure = *answer->failure;
    ErrorResponse error =
        NativeError(format, ErrorOf(failure).status, failure.message, failure.code);
    error.headers = failure.headers;
    co_await sender.SendError(error, "failure");
    co_return;
  }
  NativeAnswer& given = *answer;
  co_await SendNativeAnswer(exchange, &sender, provider->record->slug, {}, &given, &spending, log);
}

}  // namespace junctor::engine
