#include "engine/limits/limit_backend.h"

namespace junctor::engine {

bool LimitBackend::WouldAdmit(const LimitAsk&, int64_t) { return true; }

void LimitBatch::Add(const LimitAsk& ask) {
  Owned& owned = owned_.emplace_back();
  owned.gateway = std::string(ask.name.gateway);
  owned.route = std::string(ask.name.route);
  owned.element = std::string(ask.name.element);
  owned.key = std::string(ask.key);
  owned.spec.type = ask.spec->type;
  owned.spec.technique = ask.spec->technique;
  owned.spec.reserve = ask.spec->reserve;
  owned.spec.on_store_failure = ask.spec->on_store_failure;
  owned.spec.limit = ask.spec->limit;
  owned.spec.window_seconds = ask.spec->window_seconds;
  owned.estimate = ask.estimate;
  owned.lease_ns = ask.lease_ns;
}

LimitAsk LimitBatch::ask(size_t index) const {
  const Owned& owned = owned_[index];
  return {{owned.gateway, owned.route, owned.element},
          owned.key,
          &owned.spec,
          owned.estimate,
          owned.lease_ns};
}

}  // namespace junctor::engine
