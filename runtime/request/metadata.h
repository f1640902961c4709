// The cf-aig-metadata header (R18, R37).
#pragma once

#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/program/value.h"

namespace junctor {

// How many entries count, as the documents say, and the most that a gateway may allow (R37).
inline constexpr size_t kDefaultMetadataEntries = 5;
inline constexpr size_t kMaxMetadataEntries = 64;
// Longest header that is read: 64 entries of generous size.
inline constexpr size_t kMaxMetadataBytes = 64 * 1024;

// The entries of one header: scalars only. Owns its bytes; immutable; movable.
class Metadata {
 public:
  // Parses the header's text. The first `max_entries` entries count, the rest is ignored.
  // InvalidArgument where it is not a flat JSON object of strings, numbers and booleans, naming the
  // entry that is wrong.
  static absl::StatusOr<Metadata> Parse(std::string_view text,
                                        size_t max_entries = kDefaultMetadataEntries);

  // The value of `key`, or a missing value.
  Value Find(std::string_view key) const;
  const std::vector<Member>& entries() const { return entries_; }

 private:
  Metadata() = default;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;
  std::vector<Member> entries_;
};

}  // namespace junctor
