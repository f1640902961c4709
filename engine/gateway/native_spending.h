// What a call in a provider's own form spends: the gateway's spend limits before it, and the charge
// after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/gateway/native_call.h"
#include "engine/gateway/native_usage.h"
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
  // Charges what was noted: by the usage that the provider told, else by an estimate from the
  // bytes.
  ~NativeSpending();

  // What is wrong with `cf-aig-custom-cost`, to be answered with 400.
  const absl::Status& status() const { return status_; }

  // Asks every rule that counts the call. Nothing: it may be made.
  net::Awaitable<std::optional<GatewayRefusal>> Ask();

  // A piece of the answer's body, in order.
  void Note(std::string_view piece);

 private:
  Worker* worker_;
  RequestLimits* limits_;
  const NativeRequest* request_;
  RequestLog* log_;
  absl::Status status_;
  std::optional<Metadata> metadata_;
  std::string model_;
  std::optional<Spending> spending_;  // where there are rules
  CallClaim claim_;
  bool answered_ = false;
  NativeUsage answer_;
};

// The model that a native request names: in its body, or in its path (`…/models/NAME:…`,
// `…/model/NAME/…`, `…/deployments/NAME/…`). Empty: it names none.
std::string ModelOfNativeRequest(std::string_view path, std::string_view body);

}  // namespace junctor::engine
