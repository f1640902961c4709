#include "engine/gateway/route_choice.h"

#define XXH_INLINE_ALL  // header-only use
#include <xxhash.h>

#include <span>
#include <string>
#include <utility>

#include "runtime/interp/key_encoding.h"
#include "runtime/request/slots.h"

namespace junctor::engine {

ChosenRoute FindRoute(RegistryReader* routes, const GatewayScope& scope, std::string_view name) {
  const RouteTable& table = routes->Get();
  const RouteEntry* entry = nullptr;
  if (scope.view != nullptr) entry = table.Find(RegistryName(scope.id, name));
  if (entry == nullptr) {
    entry = table.Find(name);
    // What is stored is served by its own gateway alone, whatever name a caller spells.
    if (entry != nullptr && entry->attachment != nullptr) entry = nullptr;
  }
  if (entry == nullptr) return {};
  return {entry->program, entry->version,
          std::static_pointer_cast<const RouteDeployment>(entry->attachment)};
}

std::optional<Field> GradualKey(const RouteDeployment& deployment) {
  if (deployment.gradual_key.empty()) return std::nullopt;
  // It was checked when the deployment was made.
  absl::StatusOr<Field> field = ParseField(deployment.gradual_key);
  if (!field.ok()) return std::nullopt;
  return *std::move(field);
}

bool FallsIntoShare(const RouteDeployment& deployment, const Field* key, const Request& request,
                    uint64_t draw) {
  uint64_t number = draw;
  if (key != nullptr) {
    const std::string name = deployment.route_id + '\0' + deployment.gradual_version_id;
    const uint64_t seed = XXH64(name.data(), name.size(), 0);
    SlotFrame frame(std::span<const Field>(key, 1), &request);
    uint64_t hash = 0;
    if (HashSplitKey(*key, frame.Get(0), seed, &hash)) number = hash;
  }
  return ShareOf(number) < deployment.gradual_millionths;
}

}  // namespace junctor::engine
