// What the compiler has to say about a route: data, from which the text and JSON forms are
// rendered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/span.h"

namespace junctor::compiler {

enum class Severity : uint8_t { kError, kWarning };

// Every diagnostic that exists. Meanings, texts and severities in diagnostics.def.
enum class DiagCode : uint16_t {
#define JUNCTOR_DIAGNOSTIC(code, id, severity, title, explanation) id = code,
#include "compiler/diag/diagnostics.def"
#undef JUNCTOR_DIAGNOSTIC
};

// A second place that belongs to a diagnostic, e.g. the first of two equal ids.
struct RelatedPlace {
  Span span;
  std::string label;
  uint32_t line = 0;    // filled when it is reported; 1-based
  uint32_t column = 0;  // likewise; 1-based, in code points
};

// A replacement that corrects the text.
struct Fix {
  Span span;             // what to replace; empty: insert there
  std::string text;      // what to put in its place
  bool certain = false;  // a machine may apply it; otherwise it is a guess for a person to confirm
};

// One finding. `line`, `column` and `pointer` are filled when it is reported, so that it stands
// without its source.
struct Diagnostic {
  DiagCode code;
  Severity severity = Severity::kError;
  std::string message;  // one line, lower case, no full stop; names the element and the value
  Span span;            // the smallest bytes that are wrong
  std::string label;    // shown at the caret; may be empty
  std::string pointer;  // JSON pointer of the nearest value, e.g. /elements/2/outputs/next
  uint32_t line = 0;    // 1-based
  uint32_t column = 0;  // 1-based, in code points
  std::vector<RelatedPlace> related;
  std::string help;        // the fix, or empty where none can be known
  std::optional<Fix> fix;  // the fix as an edit, where there is one
};

// "JR0304". More of what the table of diagnostics says: catalog.h.
std::string DiagCodeName(DiagCode code);

}  // namespace junctor::compiler
