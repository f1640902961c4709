// What was looked up lately: answers of a price table by provider and model.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engine/prices/model_price.h"

namespace junctor::engine {

// A set-associative cache: a name has one set, in which the entry that has been there longest makes
// room for a new one. Any thread may use it; threads wait for each other only in one set. Holds at
// most kSets × kWays names, so whoever sends ever new names costs others no more than a search now
// and then.
class LookupCache {
 public:
  static constexpr size_t kSets = 512;
  static constexpr size_t kWays = 4;

  LookupCache() : sets_(std::make_unique<std::array<Set, kSets>>()) {}

  // The kept answer, null for a model that has no price; nothing where it is not known.
  std::optional<const ModelPrice*> Get(std::string_view provider, std::string_view model) const;
  void Put(std::string_view provider, std::string_view model, const ModelPrice* price);

 private:
  struct Entry {
    uint64_t hash = 0;
    bool used = false;
    std::string provider;
    std::string model;
    const ModelPrice* price = nullptr;
  };
  struct Set {
    mutable std::mutex mutex;
    std::array<Entry, kWays> entries;
    size_t oldest = 0;
  };

  std::unique_ptr<std::array<Set, kSets>> sets_;
};

}  // namespace junctor::engine
