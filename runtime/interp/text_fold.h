// Comparing texts without regard to case ($caseInsensitive, R30).
#pragma once

#include <string_view>

#include "absl/container/inlined_vector.h"

namespace junctor {

// A text with its letters in lower case: Latin (Basic, Latin-1, Extended-A), Greek and Cyrillic, by
// Unicode's simple folding. Other characters, and letters whose other case has another length, stay
// as they are, so the length never changes.
class FoldedText {
 public:
  explicit FoldedText(std::string_view text);
  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  // A header or a name; longer texts take memory.
  static constexpr size_t kInlineBytes = 256;
  absl::InlinedVector<char, kInlineBytes> bytes_;
};

}  // namespace junctor
