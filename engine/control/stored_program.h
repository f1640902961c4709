// The program of a stored version: its bytecode where this junctor can run it, or else compiled
// from its elements.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "compiler/compile.h"
#include "engine/control/control_error.h"
#include "engine/store/control_rows.h"
#include "runtime/program/program.h"

namespace junctor::engine {

struct StoredProgram {
  std::shared_ptr<const Program> program;  // null: the version does not compile any more (R35)
  bool recompiled = false;  // the bytecode was unusable: `bytes` should take its place
  std::string bytes;        // where it was recompiled
  ControlErrors errors;     // why there is no program: every diagnostic
};

// The program of `version` for a route that is called `name`. Compiles where the bytecode has
// another format, is damaged, or was made under another name: that of the route is part of a
// program, since sticky shares depend on it (R13).
StoredProgram ReadStoredProgram(std::string_view name, const VersionRow& version,
                                const compiler::CompileOptions& options);

}  // namespace junctor::engine
