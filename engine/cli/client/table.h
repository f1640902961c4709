// Tables for people: columns aligned, nothing else.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "engine/cli/client/json.h"
#include "engine/cli/console.h"

namespace junctor::engine {

// Rows under headings. Widths are in code points.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

  // As many cells as there are headings. Line breaks and control characters become spaces.
  void Add(std::vector<std::string> cells);
  // The headings, bold on terminals, and the rows; `none` alone where there are none.
  void Print(const Console& console, const std::string& none) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

// A value as a cell: texts without quotes, nothing for null, all else as JSON.
std::string Cell(const Json& value);
// A time of the API, "2026-11-21 13:48:50Z".
std::string TimeCell(const Json& value);

}  // namespace junctor::engine
