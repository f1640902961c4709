// Where a command reads and writes, and how it ends.
#pragma once

#include <istream>
#include <ostream>
#include <string_view>

namespace junctor::engine {

// What the process's exit status means.
enum ExitStatus : int {
  kExitOk = 0,
  kExitFailure = 1,  // diagnostics, or something could not be done
  kExitUsage = 2,    // the command line is wrong
};

// The streams of one run. Commands use nothing else, so that tests can give them strings.
struct Console {
  std::istream& in;
  std::ostream& out;  // results
  std::ostream& err;  // diagnostics, errors, progress
  bool colour_out = false;
  bool colour_err = false;
  bool interactive = false;  // a person at a terminal can be asked
};

// The process's own streams. Colours only where a stream is a terminal, NO_COLOR is not set and
// TERM is not `dumb`.
Console ProcessConsole();

// Writes "error: " and each line of `message` to the error stream.
void PrintError(const Console& console, std::string_view message);

}  // namespace junctor::engine
