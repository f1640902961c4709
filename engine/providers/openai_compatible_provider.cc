#include "engine/providers/openai_compatible_provider.h"

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/providers/chat/body_splice.h"
#include "engine/providers/chat/forwarded_headers.h"
#include "engine/providers/chat/json_writer.h"
#include "engine/providers/chat/request_edits.h"
#include "engine/providers/chat/stream_usage.h"
#include "engine/providers/credentials.h"
#include "engine/providers/http_answer.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {
namespace {

// Room for the head that a typical client makes, so that it is built without growing.
constexpr size_t kTypicalHeadBytes = 1024;
// The last generally available version of the dated kind.
constexpr std::string_view kAzureApiVersion = "2024-10-21";

class HttpModelResponse final : public ModelResponse {
 public:
  explicit HttpModelResponse(std::unique_ptr<net::ClientExchange> exchange)
      : answer_(std::move(exchange)) {
    if (answer_.is_plain()) return;
    for (const net::HeaderView& header : answer_.head().headers) {
      if (!net::EqualsIgnoreCase(header.name, "content-encoding")) headers_.push_back(header);
    }
  }

  int status() const override { return answer_.head().status; }
  const net::HeaderList& headers() const override {
    return answer_.is_plain() ? answer_.head().headers : headers_;
  }
  net::Framing framing() const override { return answer_.head().framing; }
  std::optional<uint64_t> content_length() const override {
    if (framing() != net::Framing::kLength || !answer_.is_plain()) return std::nullopt;
    return answer_.head().content_length;
  }
  bool ended() const override { return answer_.ended(); }
  net::Awaitable<net::NetResult<std::string_view>> ReadSome() override {
    return answer_.ReadSome();
  }
  void SetDeadline(net::TimePoint deadline) override { answer_.SetDeadline(deadline); }

 private:
  HttpAnswer answer_;
  net::HeaderList headers_;  // where the body is decoded: without its coding
};

class OpenAiRequest final : public PreparedRequest {
 public:
  OpenAiRequest(net::ConnectionPool* pool, net::Upstream upstream, std::string head,
                SplicedBody body, uint64_t credential_id, bool continues_prefix, bool adds_usage)
      : pool_(pool),
        upstream_(std::move(upstream)),
        head_(std::move(head)),
        body_(std::move(body)),
        credential_id_(credential_id),
        continues_prefix_(continues_prefix),
        adds_usage_(adds_usage) {}

  net::Awaitable<net::NetResult<std::unique_ptr<ModelResponse>>> Send(
      net::TimePoint deadline, net::CancelSignal* cancel) override {
    net::SendOptions options;
    options.deadline = deadline;
    options.cancel = cancel;
    net::NetResult<std::unique_ptr<net::ClientExchange>> sent =
        co_await pool_->Send(upstream_, head_, body_.pieces(), options);
    if (!sent.ok()) co_return sent.error();
    std::unique_ptr<ModelResponse> response = std::make_unique<HttpModelResponse>(std::move(*sent));
    co_return net::NetResult<std::unique_ptr<ModelResponse>>(std::move(response));
  }

  uint64_t credential_id() const override { return credential_id_; }
  bool continues_prefix() const override { return continues_prefix_; }
  bool adds_usage() const override { return adds_usage_; }

 private:
  net::ConnectionPool* pool_;
  net::Upstream upstream_;
  std::string head_;
  SplicedBody body_;
  uint64_t credential_id_;
  bool continues_prefix_;
  bool adds_usage_;
};

// Where a request goes, and the model's name in its body.
struct Destination {
  BaseUrl url;
  std::string path;
  std::string_view model;
};

absl::StatusOr<Destination> AzureDestination(const ProviderRecord& record,
                                             const ModelRequest& request) {
  // `azure-openai/{resource}/{deployment}`, or the deployment alone where the resource is
  // configured.
  Destination destination;
  UrlVariables variables;
  destination.model = request.model;
  const size_t slash = request.model.find('/');
  if (slash != std::string_view::npos) {
    variables.resource = request.model.substr(0, slash);
    destination.model = request.model.substr(slash + 1);
  }
  for (const char c : destination.model) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
    if (fits) continue;
    return absl::InvalidArgumentError(
        "the deployment `" + std::string(destination.model) +
        "` has a character that can't stand in its path: letters, digits, `-`, `_` and `.` can");
  }
  if (destination.model.empty() || destination.model.front() == '.') {
    return absl::InvalidArgumentError(
        "name the deployment: `azure-openai/{resource}/{deployment}`");
  }
  absl::StatusOr<BaseUrl> url = ResolveBaseUrl(record, variables);
  if (!url.ok()) return url.status();
  destination.url = *std::move(url);
  if (request.operation == Operation::kResponses) {
    destination.path = record.responses_path;
    return destination;
  }
  destination.path = "/deployments/" + std::string(destination.model) +
                     (request.operation == Operation::kChat ? "/chat/completions" : "/embeddings") +
                     "?api-version=" +
                     (record.settings.api_version.empty() ? std::string(kAzureApiVersion)
                                                          : record.settings.api_version);
  return destination;
}

absl::StatusOr<Destination> FindDestination(const ProviderRecord& record,
                                            const ModelRequest& request) {
  if (record.format == ChatFormat::kAzure) return AzureDestination(record, request);
  Destination destination;
  destination.model = request.model;
  switch (request.operation) {
    case Operation::kChat:
      // A provider whose chat has a format of its own does not take OpenAI's.
      if (record.format == ChatFormat::kOpenAi) destination.path = record.chat_path;
      break;
    case Operation::kEmbeddings:
      destination.path = record.embeddings_path;
      break;
    case Operation::kResponses:
      destination.path = record.responses_path;
      break;
  }
  if (destination.path.empty()) {
    return absl::InvalidArgumentError("the provider `" + record.slug + "` offers no " +
                                      std::string(OperationName(request.operation)) +
                                      " in OpenAI's form; its own endpoint serves what it has");
  }
  absl::StatusOr<BaseUrl> url = ResolveBaseUrl(record, UrlVariables());
  if (!url.ok()) return absl::FailedPreconditionError(url.status().message());
  destination.url = *std::move(url);
  return destination;
}

// `params`, a JSON object as text or empty, with `member` ("key":value) before what it has.
std::string WithMember(std::string_view params, std::string_view member) {
  std::string result = "{";
  result.append(member);
  const size_t brace = params.find('{');
  const std::string_view rest = brace == std::string_view::npos ? "}" : params.substr(brace + 1);
  if (rest.find_first_not_of(" \t\r\n") != rest.find('}')) result.push_back(',');
  result.append(rest);
  return result;
}

// The member `messages`: the caller's, and what was answered already as the last of them. Empty:
// the body has no list of messages to add to.
std::string MessagesWithPrefix(const ModelRequest& request, bool prefix_field) {
  std::string_view messages = request.index->Find("messages");
  if (messages.size() < 2 || messages.front() != '[') return {};
  messages.remove_suffix(1);
  std::string member = "\"messages\":";
  member.append(messages);
  if (messages.find_first_not_of(" \t\r\n", 1) != std::string_view::npos) member.push_back(',');
  JsonWriter writer(&member);
  writer.BeginObject().Key("role").String("assistant");
  writer.Key("content").String(request.assistant_prefix);
  if (prefix_field) writer.Key("prefix").Bool(true);
  writer.EndObject();
  member.push_back(']');
  return member;
}

// The member `stream_options` with which the stream tells its usage: what the route's `params` or
// the caller say in it stays. Empty: nothing is to be changed.
std::string MemberThatAsksForUsage(const ModelRequest& request) {
  constexpr std::string_view kKey = "stream_options";
  std::string padded(request.params);
  padded.append(kBodyPadding, ' ');
  BodyScanner scanner;
  BodyIndex params;
  std::string_view options;
  if (!request.params.empty() &&
      scanner.Scan(std::string_view(padded).substr(0, request.params.size()), &params).ok()) {
    options = params.Find(kKey);
  }
  const std::string asking = WithUsageAsked(options.empty() ? request.index->Find(kKey) : options);
  return asking.empty() ? asking : "\"" + std::string(kKey) + "\":" + asking;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PreparedRequest>> OpenAiCompatibleProvider::Prepare(
    const ModelRequest& request) {
  absl::StatusOr<Destination> destination = FindDestination(*record_, request);
  if (!destination.ok()) return destination.status();
  absl::StatusOr<Credential> credential = MakeCredential(request, *record_);
  if (!credential.ok()) return credential.status();
  std::string params(request.params);
  bool continues_prefix = false;
  if (!request.assistant_prefix.empty() && record_->assistant_prefix != AssistantPrefix::kNone) {
    const std::string messages =
        MessagesWithPrefix(request, record_->assistant_prefix == AssistantPrefix::kPrefixField);
    continues_prefix = !messages.empty();
    if (continues_prefix) params = WithMember(params, messages);
  }
  std::string asking;
  if (request.wants_usage && request.stream && request.operation == Operation::kChat) {
    asking = MemberThatAsksForUsage(request);
  }
  const bool adds_usage = !asking.empty();
  if (adds_usage) params = WithMember(params, asking);
  absl::StatusOr<SplicedBody> body =
      SplicedBody::Make(request.body, *request.index, destination->model, params,
                        request.operation == Operation::kChat ? RequestEditsFor(record_->slug)
                                                              : std::span<const RequestEdit>());
  if (!body.ok()) return body.status();
  std::string head;
  head.reserve(kTypicalHeadBytes);
  head.append("POST ").append(destination->url.path).append(destination->path);
  head.append(" HTTP/1.1\r\nHost: ").append(destination->url.authority);
  head.append("\r\nAccept-Encoding: identity\r\n").append(credential->lines);
  AppendExtraLines(options_.extra_lines, credential->lines, &head);
  AppendForwardedRequestHeaders(*request.caller_headers, &head, options_.extra_lines);
  head.append("Content-Length: ").append(std::to_string(body->size())).append("\r\n\r\n");
  net::Upstream upstream{destination->url.host, destination->url.port, destination->url.tls,
                         options_.public_only};
  std::unique_ptr<PreparedRequest> prepared =
      std::make_unique<OpenAiRequest>(pool_, std::move(upstream), std::move(head), *std::move(body),
                                      credential->id, continues_prefix, adds_usage);
  return prepared;
}

}  // namespace junctor::engine
