// All routes that are live at one moment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "runtime/program/program.h"

namespace junctor {

// One live route.
struct RouteEntry {
  std::shared_ptr<const Program> program;
  uint64_t version = 0;                    // of this name, from 1
  std::shared_ptr<const void> attachment;  // whatever the host wants to reach from the route, e.g.
                                           // its resolved providers; may be null
};

// An immutable map from route names to what is live. Any number of threads may read it at once.
class RouteTable {
 public:
  // The route `name`, or null. Valid as long as the table is held.
  const RouteEntry* Find(std::string_view name) const {
    const auto route = routes_.find(name);
    return route == routes_.end() ? nullptr : &route->second;
  }

  size_t size() const { return routes_.size(); }

  // Calls visit(name, entry) for each route, in no order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const auto& [name, entry] : routes_) visit(std::string_view(name), entry);
  }

 private:
  friend class Registry;

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::unordered_map<std::string, RouteEntry, Hash, std::equal_to<>> routes_;
};

}  // namespace junctor
