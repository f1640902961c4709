// A request body that is sent piece by piece, as ConnectionPool::Send takes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/net/awaitable.h"
#include "engine/net/net_error.h"

namespace junctor::net {

// Used on one loop's thread, by one reader at a time.
class BodySource {
 public:
  virtual ~BodySource() = default;

  // How many bytes there will be, when that is known before; constant. Null: known only at the end.
  virtual std::optional<uint64_t> content_length() const = 0;

  // The next bytes; empty at the proper end. The view is valid until the next call. After a failure
  // every call fails.
  virtual Awaitable<NetResult<std::string_view>> ReadSome() = 0;

  // Makes a ReadSome() that waits return kCancelled soon, without loss: it may be called again. No
  // effect when none waits. Called from callbacks of the loop: must not resume anybody inside the
  // call.
  virtual void Interrupt() = 0;
};

}  // namespace junctor::net
