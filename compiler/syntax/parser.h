// From text to the syntax tree of a route: the first stage of the compiler.
#pragma once

#include <memory>

#include "compiler/diag/sink.h"
#include "compiler/source/source.h"
#include "compiler/syntax/route_syntax.h"

namespace junctor::compiler {

// How lenient the syntax is.
struct ParseOptions {
  // `//` and `/* */` comments and trailing commas, as in files on disk (R3).
  bool allow_comments = true;
};

// Parses the text of `source` as JSON and reads the route's outline from it (R1, R2, R3 and the
// limits of R4 that concern text). Reports everything that is wrong to `sink`. Null where the text
// is so broken that nothing more can be said of it; otherwise a tree, also with errors: Analyze()
// finds what else is wrong. The tree views the text of `source`, which must outlive it. Never
// recurses; linear in the text's length.
std::unique_ptr<RouteSyntax> ParseRoute(const Source& source, const ParseOptions& options,
                                        DiagnosticSink* sink);

}  // namespace junctor::compiler
