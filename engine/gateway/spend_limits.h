// A gateway's `spend_limits` for one request: which rules count it, and whom its calls are charged
// to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/directory/directory.h"
#include "engine/limits/limit_backend.h"
#include "runtime/request/metadata.h"

namespace junctor::engine {

// The rules that count one request. Used by one coroutine.
class SpendLimits {
 public:
  // One rule that counts this request.
  struct Entry {
    const SpendRule* rule = nullptr;
    LimitSpec spec;
    std::string element;                       // kSpendElementPrefix and the rule's id
    std::string key;                           // the values that it is partitioned by
    LimitTicket ticket;                        // once it admitted
    std::optional<uint32_t> admitted_ordinal;  // of a flow's call: the last one that it let pass
  };

  // `gateway` may be null: no rules; it outlives the object, as does what `gateway_name` views.
  // `metadata` may be null.
  SpendLimits(const GatewayView* gateway, std::string_view gateway_name, const Metadata* metadata);

  // The rules that count a call of `model`.
  std::vector<Entry*> EntriesOf(std::string_view provider, std::string_view model);
  LimitAsk AskOf(const Entry& entry) const;

  // Whether a rule has admitted a call, so that somebody asks what it costs.
  bool counts() const;
  // Whether there is any rule at all.
  bool empty() const { return entries_.empty(); }

  // Charges a call to every rule that counts it and admitted it.
  void Charge(LimitBackend* limits, std::string_view provider, std::string_view model,
              uint64_t nano_dollars, int64_t unix_nanoseconds);

 private:
  std::string_view gateway_name_;
  std::vector<Entry> entries_;
};

}  // namespace junctor::engine
