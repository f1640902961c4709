#include "engine/net/request_body_source.h"

#include <string>

namespace junctor::net {
namespace {

NetErrorKind KindOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
      return NetErrorKind::kCancelled;
    case absl::StatusCode::kDeadlineExceeded:
      return NetErrorKind::kTimeout;
    default:
      return NetErrorKind::kProtocol;
  }
}

NetError ErrorOf(const absl::Status& status) {
  return {KindOf(status), std::string(status.message().data(), status.message().size())};
}

}  // namespace

std::optional<uint64_t> RequestBodySource::content_length() const {
  const RequestHead& head = exchange_.head();
  if (head.framing == Framing::kChunked) return std::nullopt;
  return head.content_length;
}

Awaitable<NetResult<std::string_view>> RequestBodySource::ReadSome() {
  if (!status_.ok()) co_return ErrorOf(status_);
  absl::StatusOr<std::string_view> piece = co_await exchange_.ReadSomeBody();
  if (piece.ok()) {
    bytes_read_ += piece->size();
    co_return *piece;
  }
  if (!absl::IsAborted(piece.status())) status_ = piece.status();
  co_return ErrorOf(piece.status());
}

}  // namespace junctor::net
