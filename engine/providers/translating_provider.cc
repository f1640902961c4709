#include "engine/providers/translating_provider.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "engine/providers/bedrock/aws_signature.h"
#include "engine/providers/chat/body_splice.h"
#include "engine/providers/chat/forwarded_headers.h"
#include "engine/providers/credentials.h"
#include "engine/providers/google/vertex_key.h"
#include "engine/providers/translated_response.h"

namespace junctor::engine {
namespace {

constexpr int kUnauthorized = 401;
// Room for the head that a typical client makes, so that it is built without growing.
constexpr size_t kTypicalTranslatedHead = 1024;

// What is needed at the moment a request is sent, besides its bytes.
struct Authorization {
  Credential credential;
  std::optional<AwsCredentials> aws;      // signs each attempt
  std::optional<ServiceAccount> account;  // gets a token for each attempt
};

// The part of `path` before its query, and the query without `?`.
std::pair<std::string_view, std::string_view> SplitPath(std::string_view path) {
  const size_t mark = path.find('?');
  if (mark == std::string_view::npos) return {path, {}};
  return {path.substr(0, mark), path.substr(mark + 1)};
}

// A failure to get a token, as an answer of the provider: its message goes the usual way.
class TokenFailureResponse final : public ModelResponse {
 public:
  explicit TokenFailureResponse(Failure failure) : failure_(std::move(failure)) {}
  int status() const override { return failure_.upstream_status; }
  const net::HeaderList& headers() const override { return headers_; }
  net::Framing framing() const override { return net::Framing::kLength; }
  std::optional<uint64_t> content_length() const override { return failure_.message.size(); }
  bool ended() const override { return read_; }
  net::Awaitable<net::NetResult<std::string_view>> ReadSome() override {
    const std::string_view text = read_ ? std::string_view() : std::string_view(failure_.message);
    read_ = true;
    co_return net::NetResult<std::string_view>(text);
  }
  void SetDeadline(net::TimePoint) override {}

 private:
  Failure failure_;
  net::HeaderList headers_;
  bool read_ = false;
};

class TranslatedPreparedRequest final : public PreparedRequest {
 public:
  TranslatedPreparedRequest(const WireFormat* format, net::ConnectionPool* pool,
                            TranslationTools tools, BaseUrl url, FormatRequest request,
                            Authorization authorization, const ModelRequest& caller,
                            AnswerContext context, bool continues_prefix)
      : format_(format),
        pool_(pool),
        tokens_(tools.tokens),
        random_(tools.random),
        url_(std::move(url)),
        upstream_{url_.host, url_.port, url_.tls},
        path_(url_.path + request.path),
        headers_(std::move(request.headers)),
        body_(std::move(request.body)),
        authorization_(std::move(authorization)),
        caller_headers_(caller.caller_headers),
        model_(caller.model),
        context_(context),
        continues_prefix_(continues_prefix) {
    context_.model = model_;
  }

  net::Awaitable<net::NetResult<std::unique_ptr<ModelResponse>>> Send(
      net::TimePoint deadline, net::CancelSignal* cancel) override {
    using Result = net::NetResult<std::unique_ptr<ModelResponse>>;
    bool token_renewed = false;
    while (true) {
      std::string lines = authorization_.credential.lines;
      std::string token;
      if (authorization_.account.has_value()) {
        AccessTokenResult got = co_await tokens_->Get(*authorization_.account, deadline, cancel);
        if (got.net_error.has_value()) co_return *got.net_error;
        if (got.failure.has_value()) {
          std::unique_ptr<ModelResponse> failed =
              std::make_unique<TokenFailureResponse>(*std::move(got.failure));
          co_return Result(std::move(failed));
        }
        token = std::move(got.token);
        lines = "authorization: Bearer " + token + "\r\n";
      }
      const std::string head = MakeHead(lines);
      const std::array<std::string_view, 1> pieces = {body_};
      net::SendOptions options;
      options.deadline = deadline;
      options.cancel = cancel;
      net::NetResult<std::unique_ptr<net::ClientExchange>> sent =
          co_await pool_->Send(upstream_, head, pieces, options);
      if (!sent.ok()) co_return sent.error();
      const int status = (*sent)->head().status;
      if (status == kUnauthorized && !token.empty() && !token_renewed) {
        // The token may have been revoked before its time: once more, with a new one.
        token_renewed = true;
        if (tokens_->Invalidate(token)) continue;
      }
      AnswerContext context = context_;
      context.created = absl::ToUnixSeconds(absl::Now());
      context.random = random_->Next();
      std::unique_ptr<ModelResponse> response =
          std::make_unique<TranslatedResponse>(std::move(*sent), format_, model_, context);
      co_return Result(std::move(response));
    }
  }

  Failure Classify(const ModelResponse& response, std::string_view body,
                   int64_t unix_seconds) const override {
    return format_->Classify(response.status(), response.headers(), body, unix_seconds);
  }
  uint64_t credential_id() const override { return authorization_.credential.id; }
  bool continues_prefix() const override { return continues_prefix_; }

 private:
  std::string MakeHead(std::string_view credential_lines) const {
    std::string head;
    head.reserve(kTypicalTranslatedHead);
    head.append("POST ").append(path_).append(" HTTP/1.1\r\nHost: ").append(url_.authority);
    head.append("\r\nAccept-Encoding: identity\r\n");
    head.append(headers_).append(credential_lines);
    if (authorization_.aws.has_value()) head.append(Signature());
    AppendForwardedRequestHeaders(*caller_headers_, &head, headers_);
    head.append("Content-Length: ").append(std::to_string(body_.size())).append("\r\n\r\n");
    return head;
  }

  std::string Signature() const {
    const auto [path, query] = SplitPath(path_);
    const std::array<net::HeaderView, 2> headers = {
        {{"content-type", "application/json"}, {"host", url_.authority}}};
    const std::array<std::string_view, 1> pieces = {body_};
    AwsRequest request;
    request.method = "POST";
    request.path = path;
    request.query = query;
    request.headers = headers;
    request.body = pieces;
    return SignAwsRequest(request, *authorization_.aws, kBedrockService,
                          absl::ToUnixSeconds(absl::Now()));
  }

  const WireFormat* format_;
  net::ConnectionPool* pool_;
  AccessTokenSource* tokens_;
  RandomSource* random_;
  BaseUrl url_;
  net::Upstream upstream_;
  std::string path_;
  std::string headers_;
  std::string body_;
  Authorization authorization_;
  const net::HeaderList* caller_headers_;
  std::string model_;
  AnswerContext context_;
  bool continues_prefix_;
};

absl::StatusOr<Authorization> Authorize(const ProviderRecord& record, const ModelRequest& request,
                                        FormatSettings* settings) {
  Authorization authorization;
  const bool configured_keys_serve = request.credentials.configured_keys_serve();
  if (record.format == ChatFormat::kBedrock) {
    const absl::StatusOr<FoundKey> key = FindKey(record, request.byok_alias, request.credentials);
    if (!key.ok()) return key.status();
    if (!*key && !record.aws_access_key_id.empty() && configured_keys_serve) {
      AwsCredentials aws;
      aws.access_key_id = record.aws_access_key_id.Reveal();
      aws.secret_access_key = record.aws_secret_access_key;
      aws.session_token = record.aws_session_token;
      aws.region = settings->region;
      authorization.credential.id = CredentialId(aws.access_key_id);
      authorization.aws = std::move(aws);
      return authorization;
    }
  }
  if (record.format == ChatFormat::kVertex) {
    const absl::StatusOr<FoundKey> key = FindKey(record, request.byok_alias, request.credentials);
    if (!key.ok()) return key.status();
    key->NoteUse();
    std::string_view text;
    if (configured_keys_serve) text = record.service_account.Reveal();
    if (*key) text = key->key;
    if (text.empty()) text = CallerKey(request, record);
    if (text.empty()) return authorization;  // Vertex says what it thinks of that
    absl::StatusOr<VertexKey> vertex = ReadVertexKey(text, record.token_origins);
    if (!vertex.ok()) return vertex.status();
    authorization.credential.id = CredentialId(text);
    if (vertex->account.has_value()) {
      if (!vertex->account->project_id.empty()) settings->project = vertex->account->project_id;
      if (!vertex->account->region.empty()) settings->region = vertex->account->region;
      authorization.account = std::move(vertex->account);
    } else {
      authorization.credential.lines =
          "authorization: Bearer " + std::string(vertex->access_token.Reveal()) + "\r\n";
    }
    return authorization;
  }
  absl::StatusOr<Credential> credential = MakeCredential(request, record);
  if (!credential.ok()) return credential.status();
  authorization.credential = *std::move(credential);
  return authorization;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PreparedRequest>> TranslatingProvider::Prepare(
    const ModelRequest& request) {
  if (request.operation != Operation::kChat) return untranslated_.Prepare(request);
  FormatSettings settings = record_->settings;
  absl::StatusOr<Authorization> authorization = Authorize(*record_, request, &settings);
  if (!authorization.ok()) return authorization.status();
  UrlVariables variables;
  variables.region = settings.region;
  absl::StatusOr<BaseUrl> url = ResolveBaseUrl(*record_, variables);
  if (!url.ok()) return url.status();

  std::string merged;  // the body with `params` in it
  std::string_view body = request.body;
  if (!request.params.empty()) {
    absl::StatusOr<SplicedBody> spliced =
        SplicedBody::Make(request.body, *request.index, request.model, request.params);
    if (!spliced.ok()) return spliced.status();
    merged.reserve(spliced->size() + kBodyPadding);
    for (const std::string_view piece : spliced->pieces()) merged.append(piece);
    merged.append(kBodyPadding, ' ');
    body = std::string_view(merged).substr(0, merged.size() - kBodyPadding);
  }
  absl::StatusOr<ChatRequest> chat = tools_.reader->Read(body);
  if (!chat.ok()) return chat.status();
  const bool continues_prefix =
      !request.assistant_prefix.empty() && format_->TakesAssistantPrefix(request.model);
  if (continues_prefix) {
    ChatMessage& prefix = chat->messages.emplace_back();
    prefix.role = ChatRole::kAssistant;
    prefix.prefix = true;
    prefix.parts.emplace_back().text = request.assistant_prefix;
  }
  ChatTarget target;
  target.model = request.model;
  target.stream = chat->stream;
  target.settings = &settings;
  absl::StatusOr<TranslatedRequest> translated = format_->MakeRequest(*chat, target);
  if (!translated.ok()) return translated.status();
  AnswerContext context;
  context.stream = chat->stream;
  context.include_usage = chat->include_usage;
  context.uses_functions = chat->uses_functions;
  context.json_tool_as_content = translated->json_tool_as_content;
  std::unique_ptr<PreparedRequest> prepared = std::make_unique<TranslatedPreparedRequest>(
      format_, pool_, tools_, *std::move(url), std::move(translated->request),
      *std::move(authorization), request, context, continues_prefix);
  return prepared;
}

}  // namespace junctor::engine
