// What a call in a provider's own form spends: the gateway's spend limits before it, and the charge
// after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  // All outlive the object. Where rules count the call, `request` is changed so that its answer can
  // be read: it asks for the usage of a stream, and for nothing compressed.
  NativeSpending(Worker* worker, RequestLimits* limits, NativeRequest* request, RequestLog* log);
  NativeSpending(const NativeSpending&) = delete;
  NativeSpending& operator=(const NativeSpending&) = delete;
  // Charges what was noted: by the usage that the provider told, else by an estimate from the
  // bytes.
  ~NativeSpending();

  // What is wrong with `cf-aig-custom-cost`, to be answered with 400.
  const absl::Status& status() const { return status_; }

  // Asks every rule that counts the call. Nothing: it may be made.
  net::Awaitable<std::optional<GatewayRefusal>> Ask();

  // An answer begins. True: its usage is kept from the caller, so that its length changes.
  bool Begin(const net::HeaderList& headers);
  // A piece of its body, in order, the last one marked so. Returns what of it goes to the caller,
  // valid as long as the piece and until the next call.
  std::string_view Take(std::string_view piece, bool is_last);

 private:
  // Asks the provider for the usage of a stream whose caller did not; see NativeUsage's `swallows`.
  bool AskForUsage();

  Worker* worker_;
  RequestLimits* limits_;
  NativeRequest* request_;
  RequestLog* log_;
  absl::Status status_;
  std::optional<Metadata> metadata_;
  std::string model_;
  std::string asking_body_;           // the request's, where it was changed
  bool asks_for_usage_ = false;       // the caller did not
  std::optional<Spending> spending_;  // where there are rules
  std::vector<SpendLimits::Entry*> entries_;
  CallClaim claim_;
  std::optional<NativeUsage> answer_;  // where one has begun that rules count
};

// The model that a native request names: in its body, or in its path (`…/models/NAME:…`,
// `…/model/NAME/…`, `…/deployments/NAME/…`). Empty: it names none.
std::string ModelOfNativeRequest(std::string_view path, std::string_view body);

}  // namespace junctor::engine
