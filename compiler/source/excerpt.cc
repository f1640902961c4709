// See excerpt.h.
#include "compiler/source/excerpt.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "compiler/source/utf8.h"

namespace junctor::compiler {
namespace {

constexpr std::string_view kTab = "    ";
constexpr std::string_view kEllipsis = "…";
// Characters kept before the underlined part of a line that is cut.
constexpr size_t kContextBefore = 40;
// Bytes of a line that are looked at on either side of the span: enough for any window, few in a 16
// MiB line.
constexpr size_t kNearBytes = 1024;

// One shown character and the offset in the line from where it came.
struct Cell {
  std::string_view text;
  size_t offset;
};

// The characters of `line` as shown; `base` is the offset of its first byte.
std::vector<Cell> CellsOf(std::string_view line, size_t base) {
  std::vector<Cell> cells;
  for (size_t i = 0; i < line.size();) {
    const size_t length = Utf8SequenceLength(line.substr(i));
    if (line[i] == '\t') {
      for (size_t k = 0; k < kTab.size(); ++k) cells.push_back({kTab.substr(k, 1), base + i});
    } else if (length == 0 || static_cast<unsigned char>(line[i]) < 0x20 || line[i] == 0x7f) {
      cells.push_back({kReplacementCharacter, base + i});
    } else {
      cells.push_back({line.substr(i, length), base + i});
    }
    i += std::max<size_t>(length, 1);
  }
  return cells;
}

size_t FirstCellAt(const std::vector<Cell>& cells, size_t offset) {
  const auto found = std::lower_bound(cells.begin(), cells.end(), offset,
                                      [](const Cell& cell, size_t at) { return cell.offset < at; });
  return static_cast<size_t>(found - cells.begin());
}

}  // namespace

Excerpt ExcerptOf(const Source& source, Span span) {
  Excerpt excerpt;
  const LineMap& lines = source.lines();
  excerpt.line = lines.PositionOf(span.begin).line;
  const std::string_view whole = lines.Line(excerpt.line);
  const size_t line_start = lines.LineStart(excerpt.line);
  const size_t begin =
      std::min<size_t>(span.begin - std::min<size_t>(line_start, span.begin), whole.size());
  const size_t end = std::clamp<size_t>(span.end - line_start, begin, whole.size());

  size_t near_begin = begin > kNearBytes ? begin - kNearBytes : 0;
  while (near_begin > 0 && (static_cast<unsigned char>(whole[near_begin]) & 0xc0) == 0x80)
    --near_begin;
  const std::vector<Cell> cells =
      CellsOf(whole.substr(near_begin, begin - near_begin + kNearBytes), near_begin);
  const bool more_after = near_begin + (begin - near_begin + kNearBytes) < whole.size();

  const size_t mark_begin = FirstCellAt(cells, begin);
  const size_t mark_end = std::max(FirstCellAt(cells, end), mark_begin + 1);

  size_t first = 0;
  size_t last = cells.size();
  if (cells.size() > kMaxExcerptWidth || near_begin > 0 || more_after) {
    const size_t room = kMaxExcerptWidth - 2;  // for an ellipsis on either side
    first = mark_begin > kContextBefore ? mark_begin - kContextBefore : 0;
    // Where the span ends far right, show as much of it as fits.
    if (mark_end > first + room) first = std::min(mark_begin, mark_end - room);
    last = std::min(cells.size(), first + room);
    if (last - first < room) first = last > room ? last - room : 0;
  }
  const bool cut_before = first > 0 || near_begin > 0;
  const bool cut_after = last < cells.size() || more_after;
  if (cut_before) excerpt.text += kEllipsis;
  for (size_t i = first; i < last; ++i) excerpt.text += cells[i].text;
  if (cut_after) excerpt.text += kEllipsis;
  excerpt.underline_at = mark_begin - first + (cut_before ? 1 : 0);
  excerpt.underline_width =
      std::max<size_t>(1, std::min(mark_end, std::max(last, mark_begin + 1)) - mark_begin);
  return excerpt;
}

}  // namespace junctor::compiler
