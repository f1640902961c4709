// The body of a request that the server receives, as the source of one that the client sends.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "engine/net/body_source.h"
#include "engine/net/server.h"

namespace junctor::net {

// Reads with ServerExchange::ReadSomeBody. Must not outlive the exchange.
class RequestBodySource final : public BodySource {
 public:
  explicit RequestBodySource(ServerExchange& exchange) : exchange_(exchange) {}

  std::optional<uint64_t> content_length() const override;
  // The client gone is kCancelled, too slow kTimeout, malformed kProtocol.
  Awaitable<NetResult<std::string_view>> ReadSome() override;
  void Interrupt() override { exchange_.InterruptBody(); }

  // OK, or why the client's body failed: tells a failure of the client from one of the upstream.
  const absl::Status& status() const { return status_; }
  uint64_t bytes_read() const { return bytes_read_; }

 private:
  ServerExchange& exchange_;
  absl::Status status_;
  uint64_t bytes_read_ = 0;
};

}  // namespace junctor::net
