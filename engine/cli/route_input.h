// The files that commands are given: read, told apart, compiled.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "compiler/compile.h"
#include "engine/cli/console.h"
#include "engine/prices/price_table.h"
#include "runtime/program/program.h"

namespace junctor::engine {

// Largest program file that is read: programs are of the size of their routes.
inline constexpr size_t kMaxProgramFileBytes = 64u << 20;

// Whether `bytes` begin as program files do; no route's text does.
bool LooksLikeProgram(std::string_view bytes);

// What diagnostics call `path`: itself, or `<stdin>` for "-".
std::string DisplayName(const std::string& path);

// The content of `path`, "-" being standard input. The error names the path.
absl::StatusOr<std::string> ReadInput(const std::string& path, size_t max_bytes,
                                      const Console& console);

// What `check` and its like compile with: files on disk, the built-in providers known. `prices`
// outlive the options.
compiler::CompileOptions DefaultCompileOptions(const PriceTable& prices = PriceTable::BuiltIn());

// Reads and compiles the route in `path`; diagnostics go to the error stream as text. Nothing when
// it can't be read or has errors.
std::optional<compiler::CompileResult> CompileInput(const std::string& path,
                                                    const Console& console);

// The program in `path`, a program file or a route that is compiled. Null after an error, which is
// on the error stream.
std::shared_ptr<const Program> LoadProgramInput(const std::string& path, const Console& console,
                                                const PriceTable& prices = PriceTable::BuiltIn());

}  // namespace junctor::engine
