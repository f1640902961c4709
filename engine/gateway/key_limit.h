// The rate limit of a stored key: how often providers are called with it, whoever asks for that.
#pragma once

#include <optional>
#include <string_view>

#include "engine/directory/stored_key.h"
#include "engine/gateway/worker.h"
#include "engine/net/awaitable.h"
#include "engine/providers/chat/failure.h"

namespace junctor::engine {

// Takes one call with `key`, which has a limit, from what `gateway` may do with it. Nothing: the
// call may be made. Else how it failed: as a provider's own rate limit, with the time to wait, and
// without use in trying again. What is given outlives the wait.
net::Awaitable<std::optional<Failure>> TakeKeyRate(Worker* worker, std::string_view gateway,
                                                   const StoredKey& key);

}  // namespace junctor::engine
