// Where the top-level values of a JSON body stand in its bytes, found in one scan. Nested values
// are not looked into.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace junctor {

// The bytes that must be readable after a body's end: simdjson reads in blocks.
inline constexpr size_t kBodyPadding = 64;
// Most top-level keys of one body: more is refused, so that a look-up has a bound.
inline constexpr size_t kMaxBodyKeys = 4096;

// The top-level members of one body, in order. Views into the body's bytes; valid as long as they
// are.
class BodyIndex {
 public:
  struct Entry {
    std::string_view key;    // unescaped
    std::string_view value;  // its bytes as they came, without white space around them
  };

  const std::vector<Entry>& entries() const { return entries_; }
  // The value of `key`: of duplicates the last one, as providers read them. Empty when there is
  // none.
  std::string_view Find(std::string_view key) const;
  // Whether `key` stands there more than once (R36).
  bool IsDuplicate(std::string_view key) const;

 private:
  friend class BodyScanner;
  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<std::string>>
      unescaped_keys_;  // backs keys that were written with escapes
};

// Scans bodies; keeps its buffers from one to the next, so one per thread serves all requests of
// the thread. Not thread-safe.
class BodyScanner {
 public:
  BodyScanner();
  ~BodyScanner();
  BodyScanner(BodyScanner&&) noexcept;
  BodyScanner& operator=(BodyScanner&&) noexcept;

  // Fills `index` from `body`, after whose end kBodyPadding bytes are readable. InvalidArgument,
  // with the place, where the text is not one JSON object; what stands inside values is passed over
  // unvalidated (R36).
  absl::Status Scan(std::string_view body, BodyIndex* index);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace junctor
