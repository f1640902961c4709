// One provider's answer: its head, and its body as it comes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/net/awaitable.h"
#include "engine/net/http_types.h"
#include "engine/net/net_error.h"
#include "engine/net/timer_wheel.h"
#include "engine/providers/chat/usage.h"

namespace junctor::engine {

// An answer whose head is there. Used on one loop's thread; destroying it ends the exchange (a
// connection that was read to its end is kept alive).
class ModelResponse {
 public:
  virtual ~ModelResponse() = default;

  virtual int status() const = 0;
  virtual const net::HeaderList& headers() const = 0;
  // How the body's end is known; a body that ends with its connection may have been cut (R22).
  virtual net::Framing framing() const = 0;
  // Length of the body in bytes, where the head told it.
  virtual std::optional<uint64_t> content_length() const = 0;
  // Whether the body has been read to its proper end: true with its last bytes already, where that
  // can be known.
  virtual bool ended() const = 0;

  // The next bytes of the body, in OpenAI's form; an error where it broke off or stalled. Empty:
  // its proper end where ended() is true by then, otherwise a sign of life with nothing in it for
  // the caller. The view is valid until the next call.
  virtual net::Awaitable<net::NetResult<std::string_view>> ReadSome() = 0;

  // From now on, a ReadSome that has not returned by `deadline` fails with kTimeout.
  virtual void SetDeadline(net::TimePoint deadline) = 0;

  // What the answer used, as far as its provider's own form has told it by now. Nothing where the
  // body is OpenAI's own: it stands there.
  virtual std::optional<Usage> usage() const { return std::nullopt; }
  // Bytes of a plain answer that have come and can be given to nobody before the rest is there.
  virtual uint64_t waiting_bytes() const { return 0; }
  // Events of the provider's stream that were not JSON, and skipped (R22).
  virtual uint32_t invalid_events() const { return 0; }
};

}  // namespace junctor::engine
