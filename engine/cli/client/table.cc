#include "engine/cli/client/table.h"

#include <algorithm>

namespace junctor::engine {
namespace {

constexpr size_t kGap = 2;  // spaces between columns

size_t WidthOf(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line.append(widths[i] - WidthOf(cells[i]) + kGap, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

void Table::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) {
    for (char& c : cell) {
      // A name must not be able to move the cursor.
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
  }
  rows_.push_back(std::move(cells));
}

void Table::Print(const Console& console, const std::string& none) const {
  if (rows_.empty()) {
    console.out << none << '\n';
    return;
  }
  std::vector<size_t> widths;
  for (const std::string& heading : headings_) widths.push_back(WidthOf(heading));
  for (const std::vector<std::string>& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  }
  const std::string headings = Line(headings_, widths);
  console.out << (console.colour_out ? "\x1b[1m" + headings + "\x1b[0m" : headings) << '\n';
  for (const std::vector<std::string>& row : rows_) console.out << Line(row, widths) << '\n';
}

std::string Cell(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is(Json::Kind::kString)) return value.text().empty() ? "-" : value.text();
  return value.Compact();
}

std::string TimeCell(const Json& value) {
  std::string text = Cell(value);
  // 2026-11-21T13:48:50.123Z: milliseconds are for tools.
  if (text.size() < 20 || text[10] != 'T') return text;
  text[10] = ' ';
  const size_t point = text.find('.');
  if (point != text.npos) {
    size_t end = point + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    text.erase(point, end - point);
  }
  return text;
}

}  // namespace junctor::engine
