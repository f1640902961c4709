#include "engine/gateway/universal_request.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/gateway/answer_sender.h"
#include "engine/gateway/compat_request.h"
#include "engine/gateway/native_call.h"
#include "engine/gateway/native_request.h"
#include "engine/observe/json_text.h"
#include "engine/providers/native/universal_entry.h"

namespace junctor::engine {
namespace {

// Headers of the whole request that are no business of the entries' providers: whose credential
// would it be?
constexpr std::array<std::string_view, 8> kNotForEntries = {
    "authorization", "x-api-key",    "api-key",        "x-goog-api-key",
    "xi-api-key",    "content-type", "content-length", "cookie"};

bool IsForEntries(std::string_view name) {
  for (const std::string_view other : kNotForEntries) {
    if (net::EqualsIgnoreCase(name, other)) return false;
  }
  return true;
}

// The headers of an entry, over those of the whole request (provider > request).
net::HeaderList HeadersOf(const UniversalEntry& entry, const net::HeaderList& request) {
  net::HeaderList headers = entry.HeaderViews();
  const bool has_type = headers.Find("content-type") != nullptr;
  const net::HeaderList own = headers;
  for (const net::HeaderView& header : request) {
    if (IsForEntries(header.name) && own.Find(header.name) == nullptr) headers.push_back(header);
  }
  if (!has_type) headers.push_back({"content-type", "application/json"});
  return headers;
}

std::optional<Operation> CompatOperation(std::string_view path) {
  if (path.starts_with("/v1/")) path.remove_prefix(3);
  if (path == "/chat/completions") return Operation::kChat;
  if (path == "/embeddings") return Operation::kEmbeddings;
  if (path == "/responses") return Operation::kResponses;
  return std::nullopt;
}

// One request to the universal endpoint, while it is served.
class UniversalRequest {
 public:
  UniversalRequest(Worker* worker, net::ServerExchange* exchange, const GatewayScope* scope,
                   RequestLimits* limits, RequestLog* log)
      : worker_(worker), exchange_(exchange), scope_(scope), limits_(limits), log_(log) {}

  net::Awaitable<void> Serve(std::string_view body) {
    AnswerSender sender(exchange_, log_);
    absl::StatusOr<std::vector<UniversalEntry>> entries = ParseUniversalRequest(body);
    absl::StatusOr<OptionValues> values = ReadOptionHeaders(exchange_->head().headers);
    absl::Status status = entries.ok() ? values.status() : entries.status();
    std::vector<RequestOptions> options;
    for (size_t i = 0; status.ok() && i < entries->size(); ++i) {
      absl::StatusOr<RequestOptions> of_entry =
          OptionsOfEntry((*entries)[i], {*values, scope_->defaults()});
      status = of_entry.status();
      if (of_entry.ok()) options.push_back(*of_entry);
    }
    if (!status.ok()) {
      const ErrorResponse error =
          UniversalError(400, UniversalErrorCode::kInvalidRequest, std::string(status.message()));
      co_await sender.SendError(error, "rejected");
      co_return;
    }
    for (size_t i = 0; i < entries->size(); ++i) {
      const UniversalEntry& entry = (*entries)[i];
      const RequestOptions& of_entry = options[i];
      const bool is_last = i + 1 == entries->size();
      bool done = false;
      if (entry.provider == "compat") {
        done = co_await TryCompat(&entry, &of_entry, i, is_last);
      } else {
        done = co_await TryNative(&entry, &of_entry, i, is_last);
      }
      if (done) co_return;
    }
  }

 private:
  // True: the caller has its answer, or has gone.
  net::Awaitable<bool> TryCompat(const UniversalEntry* entry, const RequestOptions* options,
                                 size_t number, bool is_last) {
    AnswerSender sender(exchange_, log_);
    sender.SetEntry(number);
    const std::optional<Operation> operation = CompatOperation(entry->path);
    if (!operation.has_value()) {
      if (!is_last) co_return false;
      const ErrorResponse error = UniversalError(
          400, UniversalErrorCode::kInvalidRequest,
          "the compat endpoint has chat/completions, embeddings and responses, not `" +
              entry->path + "`");
      co_await sender.SendError(error, "rejected");
      co_return true;
    }
    const net::HeaderList headers = HeadersOf(*entry, exchange_->head().headers);
    std::string body(entry->query);
    const size_t size = body.size();
    body.append(kBodyPadding, ' ');
    CompatSource source;
    source.operation = *operation;
    source.head = &exchange_->head();
    source.headers = &headers;
    source.gone = &exchange_->client_gone();
    source.scope = scope_;
    source.limits = limits_;
    source.body = std::string_view(body).substr(0, size);
    source.options = *options;
    CompatRequest request(worker_, source, log_);
    FlowResult result = co_await request.Run(&sender);
    if (result.error.has_value() && !result.caller_gone && !is_last) {
      request.CompareWithShadow();
      co_return false;
    }
    co_await sender.Send(request.run(), std::move(result), worker_->shared->log);
    request.CompareWithShadow();
    co_return true;
  }

  net::Awaitable<bool> TryNative(const UniversalEntry* entry, const RequestOptions* options,
                                 size_t number, bool is_last) {
    AnswerSender sender(exchange_, log_);
    sender.SetEntry(number);
    const std::shared_ptr<const ProviderSet::Entry> provider =
        worker_->providers.Find(entry->provider, scope_->directory.get());
    const bool is_known = provider != nullptr && !provider->record->in_process;
    if (!is_known || !provider->enabled()) {
      if (!is_last) co_return false;
      const std::string message = is_known ? "the provider `" + entry->provider + "` is disabled"
                                           : "there is no provider `" + entry->provider + "`";
      const ErrorResponse error =
          UniversalError(400, UniversalErrorCode::kUnknownProvider, message);
      co_await sender.SendError(error, "rejected");
      co_return true;
    }
    net::RequestHead head = exchange_->head();
    head.headers = HeadersOf(*entry, exchange_->head().headers);
    NativeRequest request;
    request.provider = provider;
    request.scope = scope_;
    request.head = &head;
    request.rest = entry->path;
    request.query = entry->query_string;
    request.body = entry->query;
    request.has_body = true;
    request.gone = &exchange_->client_gone();
    NativeSpending spending(worker_, limits_, &request, log_);
    if (!spending.status().ok()) {
      if (!is_last) co_return false;
      const ErrorResponse error = UniversalError(400, UniversalErrorCode::kInvalidRequest,
                                                 std::string(spending.status().message()));
      co_await sender.SendError(error, "rejected");
      co_return true;
    }
    if (const std::optional<GatewayRefusal> refused = co_await spending.Ask()) {
      // Another provider may have something left.
      if (!is_last) co_return false;
      ErrorResponse error = UniversalError(429, UniversalErrorCode::kLimited, refused->message);
      error.headers.emplace_back("retry-after", refused->retry_after);
      co_await sender.SendError(error, "limited");
      co_return true;
    }
    NativeCall call(worker_, request, log_);
    absl::StatusOr<NativeAnswer> answer = co_await call.Run(*options, /*read_errors=*/true);
    if (!answer.ok()) {
      if (!is_last) co_return false;
      const ErrorResponse error = UniversalError(400, UniversalErrorCode::kInvalidRequest,
                                                 std::string(answer.status().message()));
      co_await sender.SendError(error, "rejected");
      co_return true;
    }
    if (answer->caller_gone) {
      log_->SetOutcome(0, "client_gone");
      co_return true;
    }
    if (answer->failure.has_value() && !is_last) co_return false;
    if (answer->exchange == nullptr) {
      const ErrorResponse shape = ErrorOf(*answer->failure);
      const ErrorResponse error = UniversalError(shape.status, UniversalErrorCode::kUpstreamFailed,
                                                 answer->failure->message);
      co_await sender.SendError(error, "failure");
      co_return true;
    }
    const std::string step = std::to_string(number);
    NativeAnswer& given = *answer;
    co_await SendNativeAnswer(exchange_, &sender, provider->record->slug, step, &given, &spending,
                              log_);
    co_return true;
  }

  Worker* worker_;
  net::ServerExchange* exchange_;
  const GatewayScope* scope_;
  RequestLimits* limits_;
  RequestLog* log_;
};

}  // namespace

ErrorResponse UniversalError(int status, UniversalErrorCode code, std::string_view message) {
  ErrorResponse error;
  error.status = status;
  error.body = R"({"success":false,"result":null,"messages":[],"error":[{"code":)";
  error.body.append(std::to_string(static_cast<int>(code))).append(R"(,"message":)");
  AppendJsonString(&error.body, message);
  error.body.append("}]}");
  return error;
}

net::Awaitable<void> ServeUniversal(Worker* worker, net::ServerExchange* exchange,
                                    const GatewayScope* scope, RequestLimits* limits,
                                    RequestLog* log) {
  const uint64_t max_bytes = worker->shared->config->limits.body_bytes;
  absl::StatusOr<net::BodyBuffer> body = co_await exchange->ReadBody(max_bytes);
  if (!body.ok()) {
    if (absl::IsCancelled(body.status())) {
      log->SetOutcome(0, "client_gone");
      co_return;
    }
    const ErrorResponse as_openai = BodyError(body.status(), max_bytes);
    const std::string what =
        as_openai.status == 413
            ? "the request body is larger than the limit of " + std::to_string(max_bytes) + " bytes"
            : std::string(body.status().message());
    const ErrorResponse error =
        UniversalError(as_openai.status, UniversalErrorCode::kInvalidRequest, what);
    AnswerSender sender(exchange, log);
    co_await sender.SendError(error, "rejected");
    co_return;
  }
  log->SetBytesIn(body->size());
  UniversalRequest request(worker, exchange, scope, limits, log);
  co_await request.Serve(body->view());
}

}  // namespace junctor::engine
