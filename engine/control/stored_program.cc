#include "engine/control/stored_program.h"

#include <utility>

#include "absl/status/statusor.h"
#include "engine/control/route_text.h"
#include "runtime/program/program_file.h"

namespace junctor::engine {

StoredProgram ReadStoredProgram(std::string_view name, const VersionRow& version,
                                const compiler::CompileOptions& options) {
  StoredProgram result;
  if (version.program_format == kProgramFormat) {
    absl::StatusOr<std::shared_ptr<const Program>> program = DecodeProgram(version.program);
    if (program.ok() && (*program)->route_name() == name) {
      result.program = *std::move(program);
      return result;
    }
  }
  compiler::CompileResult compiled = CompileElements(name, SourceOf(version), options);
  if (compiled.ok()) {
    result.recompiled = true;
    result.bytes = EncodeProgram(*compiled.program);
    result.program = std::move(compiled.program);
    return result;
  }
  result.errors.errors = ToControlErrors(compiled.diagnostics, name, version.elements);
  return result;
}

}  // namespace junctor::engine
