// From the process's arguments to a command.
#pragma once

#include "engine/cli/console.h"

namespace junctor::engine {

// Reads `argv`, runs the command that it names, and returns the exit status. Help goes to the
// output stream, errors of usage to the error stream with status kExitUsage.
int RunCommandLine(int argc, const char* const* argv, const Console& console);

}  // namespace junctor::engine
