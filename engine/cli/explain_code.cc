// junctor explain-code: the long text on a diagnostic.
#include "compiler/diag/catalog.h"
#include "engine/cli/commands.h"

namespace junctor::engine {

int RunExplainCode(const ExplainCodeOptions& options, const Console& console) {
  if (options.code.empty()) {
    for (const compiler::DiagnosticInfo& info : compiler::AllDiagnostics()) {
      console.out << compiler::DiagCodeName(info.code) << "  "
                  << compiler::SeverityName(info.severity)
                  << (info.severity == compiler::Severity::kError ? "    " : "  ") << info.title
                  << '\n';
    }
    return kExitOk;
  }
  const std::optional<compiler::DiagCode> code = compiler::ParseDiagCode(options.code);
  if (!code.has_value()) {
    PrintError(console, "unknown code `" + options.code +
                            "`; `junctor explain-code` without a code lists them all");
    return kExitFailure;
  }
  console.out << compiler::ExplainCode(*code);
  return kExitOk;
}

}  // namespace junctor::engine
