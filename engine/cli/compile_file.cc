// junctor compile: a route's program as a file.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "absl/status/status.h"
#include "engine/cli/commands.h"
#include "engine/cli/route_input.h"
#include "runtime/program/program_file.h"

namespace junctor::engine {
namespace {

absl::Status WriteError(const std::string& path) {
  return absl::FailedPreconditionError("cannot write `" + path +
                                       "`: " + std::generic_category().message(errno));
}

// Writes beside `path` and renames over it: whoever loads it sees the old program or the new one,
// never half of one.
absl::Status WriteWhole(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp." + std::to_string(getpid());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) return WriteError(path);
  absl::Status status;
  while (!bytes.empty() && status.ok()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      status = WriteError(path);
    }
  }
  if (close(file) != 0 && status.ok()) status = WriteError(path);
  if (status.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) status = WriteError(path);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace

int RunCompile(const CompileFileOptions& options, const Console& console) {
  const std::optional<compiler::CompileResult> result = CompileInput(options.file, console);
  if (!result.has_value()) return kExitFailure;
  const std::string bytes = EncodeProgram(*result->program);
  if (options.output == "-") {
    console.out << bytes;
    return kExitOk;
  }
  const absl::Status status = WriteWhole(options.output, bytes);
  if (!status.ok()) {
    PrintError(console, std::string(status.message()));
    return kExitFailure;
  }
  console.out << options.output << ": route `" << result->program->route_name() << "`, "
              << result->program->code().size() << " instructions, " << bytes.size() << " bytes\n";
  return kExitOk;
}

}  // namespace junctor::engine
