// junctor disasm: a program as text.
#include "engine/cli/commands.h"
#include "engine/cli/route_input.h"
#include "runtime/program/disassembler.h"

namespace junctor::engine {

int RunDisassemble(const DisassembleOptions& options, const Console& console) {
  const std::shared_ptr<const Program> program = LoadProgramInput(options.file, console);
  if (program == nullptr) return kExitFailure;
  console.out << Disassemble(*program);
  return kExitOk;
}

}  // namespace junctor::engine
