// Diagnostics as text for people and as JSON for tools: both from the same data, so that they can't
// disagree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/diag/diagnostic.h"
#include "compiler/source/source.h"

namespace junctor::compiler {

struct TextStyle {
  bool colour = false;  // ANSI escapes, for terminals
};

// One diagnostic: headline, place, excerpts with carets, help. Ends with a line break.
std::string RenderText(const Diagnostic& diagnostic, const Source& source,
                       const TextStyle& style = {});

// All of them, an empty line between two. No summary. Empty where there are none.
std::string RenderText(const std::vector<Diagnostic>& diagnostics, const Source& source,
                       const TextStyle& style = {});

// One diagnostic as a JSON object on one line: code, severity, title, message, file,
// span{start,end} (bytes), line, column, pointer, label, related[{span,line,column,label}], help,
// fix{start,end,text,applicability}; `label`, `help` and `fix` are null where there is none.
std::string RenderJson(const Diagnostic& diagnostic, std::string_view file);

// {"file", "diagnostics": [one a line], "errors": n, "warnings": n}. Ends with a line break.
std::string RenderJson(const std::vector<Diagnostic>& diagnostics, std::string_view file);

}  // namespace junctor::compiler
