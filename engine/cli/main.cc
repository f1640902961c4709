// The `junctor` command.
#include "engine/cli/command_line.h"
#include "engine/cli/console.h"

int main(int argc, char** argv) {
  return junctor::engine::RunCommandLine(argc, argv, junctor::engine::ProcessConsole());
}
