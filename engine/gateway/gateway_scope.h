// The gateway that a request is for, and the state of the control plane that the request began
// with.
#pragma once

#include <memory>
#include <string_view>

#include "engine/directory/credential_scope.h"
#include "engine/directory/directory.h"
#include "engine/prices/price_book.h"
#include "engine/providers/native/request_options.h"

namespace junctor::engine {

// Made once per request; outlives all that is done for it.
struct GatewayScope {
  std::shared_ptr<const Directory> directory;  // null: there is no control plane
  const GatewayView* view = nullptr;           // in `directory`; null as that is
  std::string_view id;                         // as the path names it; whose limits are asked (R17)
  CredentialScope credentials;

  // What calls cost: the process's prices, with the gateway's own before them.
  PriceBook PricesOver(const PriceBook& process) const {
    PriceBook prices = process;
    if (view != nullptr && view->prices != nullptr) prices.table = view->prices.get();
    return prices;
  }

  // How calls are tried where neither the request nor the provider's entry says.
  OptionValues defaults() const {
    OptionValues values;
    if (view == nullptr) return values;
    values.timeout = view->defaults.timeout;
    values.max_attempts = view->defaults.max_attempts;
    values.retry_delay = view->defaults.retry_delay;
    values.backoff = view->defaults.backoff;
    return values;
  }
};

}  // namespace junctor::engine
