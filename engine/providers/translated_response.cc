#include "engine/providers/translated_response.h"

#include <utility>

#include "absl/status/status.h"
#include "engine/providers/chat/media_type.h"

namespace junctor::engine {
namespace {

bool IsStream(const net::HeaderList& headers) {
  return IsEventStream(headers) || HasMediaType(headers, "application/vnd.amazon.eventstream");
}

bool IsTranslatable(const net::ResponseHead& head) {
  return head.status >= 200 && head.status < 300 && !IsWebPage(head.headers);
}

}  // namespace

TranslatedResponse::TranslatedResponse(std::unique_ptr<net::ClientExchange> exchange,
                                       const WireFormat* format, std::string_view model,
                                       AnswerContext context)
    : answer_(std::move(exchange)) {
  const net::ResponseHead& head = answer_.head();
  const bool translates = IsTranslatable(head);
  for (const net::HeaderView& header : head.headers) {
    if (net::EqualsIgnoreCase(header.name, "content-encoding")) continue;
    if (translates && net::EqualsIgnoreCase(header.name, "content-type")) continue;
    headers_.push_back(header);
  }
  if (!translates) return;
  context.stream = is_stream_ = IsStream(head.headers);
  if (!format->request_id_header().empty()) {
    context.request_id = head.headers.Get(format->request_id_header());
  }
  headers_.push_back(
      {"content-type", context.stream ? "text/event-stream; charset=utf-8" : "application/json"});
  translator_ = format->MakeTranslator(model, context);
}

net::Awaitable<net::NetResult<std::string_view>> TranslatedResponse::ReadSome() {
  using Result = net::NetResult<std::string_view>;
  if (translator_ == nullptr) {
    Result piece = co_await answer_.ReadSome();
    ended_ = piece.ok() && (piece->empty() || answer_.ended());
    co_return piece;
  }
  translated_.clear();
  if (ended_) co_return Result(std::string_view());
  Result piece = co_await answer_.ReadSome();
  if (!piece.ok()) co_return piece.error();
  absl::Status status;
  bool ended = false;
  if (!is_stream_) waiting_bytes_ += piece->size();
  if (piece->empty()) {
    status = translator_->Finish(&translated_);
    ended = true;
  } else {
    status = translator_->Feed(*piece, &translated_);
    ended = translator_->complete();
  }
  if (!status.ok() || ended) waiting_bytes_ = 0;
  if (!status.ok()) {
    const net::NetErrorKind kind =
        absl::IsDataLoss(status) ? net::NetErrorKind::kReset : net::NetErrorKind::kProtocol;
    co_return net::NetError{kind, std::string(status.message())};
  }
  ended_ = ended;
  co_return Result(std::string_view(translated_));
}

std::optional<Usage> TranslatedResponse::usage() const {
  return translator_ == nullptr ? std::nullopt : translator_->usage();
}

uint32_t TranslatedResponse::invalid_events() const {
  return translator_ == nullptr ? 0 : translator_->invalid_events();
}

}  // namespace junctor::engine
