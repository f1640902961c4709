// How an exchange with an upstream can fail: a kind that callers decide by, and a sentence for
// people.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace junctor::net {

enum class NetErrorKind {
  kConnect,    // no connection: name not resolved, refused, TLS handshake or certificate refused
  kReset,      // the connection was closed or broke before the answer was complete
  kTimeout,    // the deadline passed
  kCancelled,  // our side gave up: a CancelSignal fired or Cancel() was called
  kProtocol,   // the peer's bytes are not HTTP/1.1, or exceed a limit of ours
};

// "connect", "reset", "timeout", "cancelled", "protocol".
std::string_view NetErrorKindName(NetErrorKind kind);

struct NetError {
  NetErrorKind kind = NetErrorKind::kReset;
  std::string message;  // names host:port and the cause
};

// A value or a NetError.
template <typename T>
class [[nodiscard]] NetResult {
 public:
  NetResult(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  NetResult(NetError error)                                                 // NOLINT: implicit
      : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  // Only when ok().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  T* operator->() { return std::get_if<0>(&state_); }
  // Only when !ok().
  const NetError& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, NetError> state_;
};

}  // namespace junctor::net
