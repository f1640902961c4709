// What diagnostics.def says of each code: for `junctor explain-code`, tests and the reference page.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "compiler/diag/diagnostic.h"

namespace junctor::compiler {

// One row of the table.
struct DiagnosticInfo {
  DiagCode code;
  Severity severity;
  std::string_view title;        // lower case, no full stop
  std::string_view explanation;  // several lines, with a wrong and a right example
};

// All rows, by code.
std::span<const DiagnosticInfo> AllDiagnostics();

// The row of `code`.
const DiagnosticInfo& InfoOf(DiagCode code);

// "error" or "warning".
std::string_view SeverityName(Severity severity);

// The code that `name` spells: "JR0304", in any case, or just "304". Nothing where there is none.
std::optional<DiagCode> ParseDiagCode(std::string_view name);

// The whole page on `code`, as `junctor explain-code` prints it; ends with a line break.
std::string ExplainCode(DiagCode code);

}  // namespace junctor::compiler
