// A provider's answer in its own wire format, seen as one in OpenAI's form.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/providers/chat/wire_format.h"
#include "engine/providers/http_answer.h"
#include "engine/providers/model_response.h"

namespace junctor::engine {

// Translates as it is read. Used on one loop's thread.
class TranslatedResponse final : public ModelResponse {
 public:
  // `format` outlives the response. An answer whose status is no success is passed on as it is, to
  // be classified. `context.stream` says what the caller asked for; what the provider answered with
  // decides.
  TranslatedResponse(std::unique_ptr<net::ClientExchange> exchange, const WireFormat* format,
                     std::string_view model, AnswerContext context);

  int status() const override { return answer_.head().status; }
  const net::HeaderList& headers() const override { return headers_; }
  // Where it is translated, the proper end is told by the format, not by the connection.
  net::Framing framing() const override { return net::Framing::kChunked; }
  std::optional<uint64_t> content_length() const override { return std::nullopt; }
  bool ended() const override { return ended_; }
  net::Awaitable<net::NetResult<std::string_view>> ReadSome() override;
  void SetDeadline(net::TimePoint deadline) override { answer_.SetDeadline(deadline); }
  std::optional<Usage> usage() const override;
  uint64_t waiting_bytes() const override { return waiting_bytes_; }
  uint32_t invalid_events() const override;

 private:
  HttpAnswer answer_;
  net::HeaderList headers_;
  std::unique_ptr<AnswerTranslator> translator_;  // null: passed on as it is
  std::string translated_;
  bool is_stream_ = false;
  uint64_t waiting_bytes_ = 0;
  bool ended_ = false;
};

}  // namespace junctor::engine
