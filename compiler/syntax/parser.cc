// See parser.h.
#include "compiler/syntax/parser.h"

#include <utility>

#include "compiler/diag/text.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/json_parser.h"
#include "compiler/syntax/route_reader.h"

namespace junctor::compiler {

std::unique_ptr<RouteSyntax> ParseRoute(const Source& source, const ParseOptions& options,
                                        DiagnosticSink* sink) {
  if (source.text().size() > kMaxRouteTextBytes) {
    Diagnostic too_long;
    too_long.code = DiagCode::kTextTooLong;
    too_long.message = Text({"the text is too long (limit is ", Grouped(kMaxRouteTextBytes),
                             " bytes, this one has ", Grouped(source.text().size()), ")"});
    too_long.help = "split the route into several";
    sink->Report(std::move(too_long));
    return nullptr;
  }
  std::unique_ptr<JsonTree> tree = JsonParser(source, options.allow_comments, sink).Parse();
  if (tree == nullptr) return nullptr;
  return ReadRoute(std::move(tree), sink);
}

}  // namespace junctor::compiler
