#include "engine/providers/http_answer.h"

#include <utility>

#include "absl/status/statusor.h"

namespace junctor::engine {
namespace {

// Most bytes that one body may decode to, and how many times its own size: text compresses well, a
// bomb better.
constexpr uint64_t kMaxDecodedBytes = 256ull * 1024 * 1024;
constexpr uint32_t kMaxDecodedRatio = 1000;

}  // namespace

HttpAnswer::HttpAnswer(std::unique_ptr<net::ClientExchange> exchange)
    : exchange_(std::move(exchange)) {
  const std::string_view* coding = exchange_->head().headers.Find("content-encoding");
  if (coding == nullptr) return;
  net::ContentLimits limits;
  limits.max_output_bytes = kMaxDecodedBytes;
  limits.max_ratio = kMaxDecodedRatio;
  absl::StatusOr<net::ContentDecoder> decoder = net::ContentDecoder::Create(*coding, limits);
  if (!decoder.ok()) {
    problem_ = std::string(decoder.status().message());
  } else if (!decoder->identity()) {
    decoder_ = *std::move(decoder);
  }
}

net::NetError HttpAnswer::Malformed(std::string_view what) const {
  return {net::NetErrorKind::kProtocol,
          "the provider's body can't be decoded: " + std::string(what)};
}

net::Awaitable<net::NetResult<std::string_view>> HttpAnswer::ReadSome() {
  using Result = net::NetResult<std::string_view>;
  if (!problem_.empty()) co_return Malformed(problem_);
  if (!decoder_.has_value()) co_return co_await exchange_->ReadSome();
  decoded_.clear();
  while (decoded_.empty()) {
    Result piece = co_await exchange_->ReadSome();
    if (!piece.ok()) co_return piece.error();
    if (piece->empty()) {
      if (absl::Status status = decoder_->Finish(); !status.ok()) {
        co_return Malformed(std::string(status.message()));
      }
      decoded_all_ = true;
      break;
    }
    if (absl::Status status = decoder_->Decode(*piece, &decoded_); !status.ok()) {
      co_return Malformed(std::string(status.message()));
    }
  }
  co_return Result(std::string_view(decoded_));
}

}  // namespace junctor::engine
