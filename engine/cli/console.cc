// The process's streams, and errors on them.
#include "engine/cli/console.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace junctor::engine {
namespace {

bool WantsColour(int descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");  // https://no-color.org: any value but none
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* terminal = std::getenv("TERM");
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return isatty(descriptor) == 1;
}

}  // namespace

Console ProcessConsole() {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  return Console{std::cin,
                 std::cout,
                 std::cerr,
                 WantsColour(STDOUT_FILENO),
                 WantsColour(STDERR_FILENO),
                 isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1};
}

void PrintError(const Console& console, std::string_view message) {
  while (true) {
    const size_t newline = message.find('\n');
    console.err << (console.colour_err ? "\x1b[1;31merror\x1b[0m: " : "error: ")
                << message.substr(0, newline) << '\n';
    if (newline == message.npos) return;
    message.remove_prefix(newline + 1);
  }
}

}  // namespace junctor::engine
