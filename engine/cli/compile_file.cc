// junctor compile: a route's program as a file.
#include "absl/status/status.h"
#include "engine/cli/commands.h"
#include "engine/cli/route_input.h"
#include "engine/cli/whole_file.h"
#include "runtime/program/program_file.h"

namespace junctor::engine {

int RunCompile(const CompileFileOptions& options, const Console& console) {
  const std::optional<compiler::CompileResult> result = CompileInput(options.file, console);
  if (!result.has_value()) return kExitFailure;
  const std::string bytes = EncodeProgram(*result->program);
  if (options.output == "-") {
    console.out << bytes;
    return kExitOk;
  }
  const absl::Status status = WriteWholeFile(options.output, bytes, 0644);
  if (!status.ok()) {
    PrintError(console, std::string(status.message()));
    return kExitFailure;
  }
  console.out << options.output << ": route `" << result->program->route_name() << "`, "
              << result->program->code().size() << " instructions, " << bytes.size() << " bytes\n";
  return kExitOk;
}

}  // namespace junctor::engine
