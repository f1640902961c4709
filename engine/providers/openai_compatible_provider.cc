#include "engine/providers/openai_compatible_provider.h"

#include <optional>
#include <string>
#include <utility>

#include "engine/providers/forwarded_headers.h"

namespace junctor::engine {
namespace {

// Room for the head that a typical client makes, so that it is built without growing.
constexpr size_t kTypicalHeadBytes = 1024;

class HttpModelResponse final : public ModelResponse {
 public:
  explicit HttpModelResponse(std::unique_ptr<net::ClientExchange> exchange)
      : exchange_(std::move(exchange)) {}

  int status() const override { return exchange_->head().status; }
  const net::HeaderList& headers() const override { return exchange_->head().headers; }
  net::Framing framing() const override { return exchange_->head().framing; }
  std::optional<uint64_t> content_length() const override {
    if (framing() != net::Framing::kLength) return std::nullopt;
    return exchange_->head().content_length;
  }
  bool ended() const override { return exchange_->ended(); }
  net::Awaitable<net::NetResult<std::string_view>> ReadSome() override {
    return exchange_->ReadSome();
  }
  void SetDeadline(net::TimePoint deadline) override { exchange_->SetDeadline(deadline); }

 private:
  std::unique_ptr<net::ClientExchange> exchange_;
};

}  // namespace

OpenAiCompatibleProvider::OpenAiCompatibleProvider(const ProviderRecord* record,
                                                   net::ConnectionPool* pool)
    : record_(record),
      pool_(pool),
      upstream_{record->base_url.host, record->base_url.port, record->base_url.tls} {
  head_prefix_ = "POST " + record->base_url.path + record->chat_path +
                 " HTTP/1.1\r\nHost: " + record->base_url.authority +
                 "\r\nAccept-Encoding: identity\r\n";
  if (!record->key.empty()) {
    head_prefix_.append(record->auth_header).append(": ").append(record->auth_prefix);
    head_prefix_.append(record->key.Reveal()).append("\r\n");
  }
}

net::Awaitable<net::NetResult<std::unique_ptr<ModelResponse>>> OpenAiCompatibleProvider::Send(
    const ModelRequest& request) {
  std::string head;
  head.reserve(kTypicalHeadBytes);
  head.append(head_prefix_);
  if (record_->key.empty() && !request.caller_credential_is_ours) {
    // The compat endpoint carries every provider's key as `Authorization: Bearer KEY`.
    if (const std::string_view* credential = request.caller->Find("authorization")) {
      std::string_view key = *credential;
      constexpr std::string_view kBearer = "Bearer ";
      if (key.size() > kBearer.size() &&
          net::EqualsIgnoreCase(key.substr(0, kBearer.size()), kBearer)) {
        key.remove_prefix(kBearer.size());
        head.append(record_->auth_header)
            .append(": ")
            .append(record_->auth_prefix)
            .append(key)
            .append("\r\n");
      } else {
        head.append("authorization: ").append(key).append("\r\n");
      }
    }
  }
  AppendForwardedRequestHeaders(*request.caller, &head);
  head.append("Content-Length: ").append(std::to_string(request.body_bytes)).append("\r\n\r\n");
  net::SendOptions options;
  options.deadline = request.deadline;
  options.cancel = request.cancel;
  net::NetResult<std::unique_ptr<net::ClientExchange>> sent =
      co_await pool_->Send(upstream_, head, request.body, options);
  if (!sent.ok()) co_return sent.error();
  std::unique_ptr<ModelResponse> response = std::make_unique<HttpModelResponse>(std::move(*sent));
  co_return net::NetResult<std::unique_ptr<ModelResponse>>(std::move(response));
}

}  // namespace junctor::engine
