// From byte offsets to lines and columns.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace junctor::compiler {

// A place as people count: both from 1, the column in code points.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};

// Knows where each line of one text begins. Immutable; the text must outlive it. Lines end at `\n`;
// a `\r` before it belongs to the line's end. Bytes that are not UTF-8 count one column each unless
// they look like continuation bytes.
class LineMap {
 public:
  explicit LineMap(std::string_view text);

  // The position of byte `offset`; offsets past the end count as the end. Costs a binary search and
  // one short scan, also in a text of one long line.
  Position PositionOf(uint32_t offset) const;

  // Number of lines; an empty text has one.
  uint32_t line_count() const { return static_cast<uint32_t>(starts_.size()); }

  // The text of line `line` (from 1), without its line end.
  std::string_view Line(uint32_t line) const;
  // The offset of the first byte of line `line`.
  uint32_t LineStart(uint32_t line) const { return starts_[line - 1]; }

 private:
  // Continuation bytes of UTF-8 before `offset`.
  uint32_t ContinuationsBefore(uint32_t offset) const;

  std::string_view text_;
  std::vector<uint32_t> starts_;         // offset of each line's first byte
  std::vector<uint32_t> continuations_;  // before each block of kBlockBytes
};

}  // namespace junctor::compiler
