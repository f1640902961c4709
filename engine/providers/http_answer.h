// The body of a provider's HTTP answer as plain bytes, whatever content coding it came in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/net/client.h"
#include "engine/net/content_decoder.h"

namespace junctor::engine {

// One answer. Used on its loop's thread.
class HttpAnswer {
 public:
  explicit HttpAnswer(std::unique_ptr<net::ClientExchange> exchange);

  const net::ResponseHead& head() const { return exchange_->head(); }
  // Whether the bytes are those of the wire, so that the head's Content-Length holds for them.
  bool is_plain() const { return !decoder_.has_value() && problem_.empty(); }
  bool ended() const { return decoder_.has_value() ? decoded_all_ : exchange_->ended(); }

  // As ClientExchange::ReadSome, after decoding. kProtocol: a coding that is not known, or a body
  // that is not what its coding says.
  net::Awaitable<net::NetResult<std::string_view>> ReadSome();
  void SetDeadline(net::TimePoint deadline) { exchange_->SetDeadline(deadline); }

 private:
  net::NetError Malformed(std::string_view what) const;

  std::unique_ptr<net::ClientExchange> exchange_;
  std::optional<net::ContentDecoder> decoder_;  // only where there is a coding
  std::string problem_;                         // why the body can't be decoded at all
  std::string decoded_;
  bool decoded_all_ = false;
};

}  // namespace junctor::engine
