// What a call in a provider's own form spends: the gateway's spend limits before it, and the charge
// after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/gateway/native_call.h"
#include "engine/gateway/request_limits.h"
#include "engine/gateway/spending.h"
#include "engine/gateway/worker.h"
#include "runtime/request/metadata.h"

namespace junctor::engine {

// One call. Used by one coroutine. Does nothing where the gateway has no spend limits.
class NativeSpending {
 public:
  // All outlive the object.
  NativeSpending(Worker* worker, RequestLimits* limits, const NativeRequest* request,
                 RequestLog* log);
  NativeSpending(const NativeSpending&) = delete;
  NativeSpending& operator=(const NativeSpending&) = delete;
  // Charges what was noted: by the usage that the provider told in OpenAI's form or Anthropic's,
  // else by an estimate from the bytes.
  ~NativeSpending();

  // Asks every rule that counts the call. Nothing: it may be made.
  net::Awaitable<std::optional<GatewayRefusal>> Ask();

  // A piece of the answer's body, in order.
  void Note(std::string_view piece);

 private:
  Worker* worker_;
  RequestLimits* limits_;
  const NativeRequest* request_;
  RequestLog* log_;
  std::optional<Metadata> metadata_;
  std::string model_;
  std::optional<Spending> spending_;  // where there are rules
  bool answered_ = false;
  uint64_t answer_bytes_ = 0;
  std::string tail_;  // the end of the answer, where usage stands
};

// The model that a native request names: in its body, or in its path (`…/models/NAME:…`,
// `…/model/NAME/…`, `…/deployments/NAME/…`). Empty: it names none.
std::string ModelOfNativeRequest(std::string_view path, std::string_view body);

// The usage object at the end of an answer; nothing where there is none.
std::optional<Usage> UsageAtEnd(std::string_view tail, std::string_view provider);

}  // namespace junctor::engine
