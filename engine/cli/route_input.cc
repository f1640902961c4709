// Reading inputs.
#include "engine/cli/route_input.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "compiler/diag/render.h"
#include "compiler/source/limits.h"
#include "engine/config/provider_record.h"
#include "engine/store/file_reader.h"
#include "runtime/program/program_file.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kStandardInput = "-";
constexpr std::string_view kProgramMagic =
    "JNCB";  // a test holds it against what EncodeProgram writes

// One byte over the compiler's limit is enough for it to say so with its own diagnostic.
constexpr size_t kMaxRouteInputBytes = compiler::kMaxRouteTextBytes + 1;

compiler::CompileResult CompileText(const std::string& path, const std::string& text,
                                    const PriceTable& prices, const Console& console) {
  compiler::CompileResult result =
      compiler::Compile(DisplayName(path), text, DefaultCompileOptions(prices));
  if (!result.diagnostics.empty()) {
    console.err << compiler::RenderText(result.diagnostics, *result.source,
                                        {.colour = console.colour_err})
                << '\n';
  }
  return result;
}

}  // namespace

bool LooksLikeProgram(std::string_view bytes) { return bytes.starts_with(kProgramMagic); }

std::string DisplayName(const std::string& path) {
  return path == kStandardInput ? "<stdin>" : path;
}

absl::StatusOr<std::string> ReadInput(const std::string& path, size_t max_bytes,
                                      const Console& console) {
  if (path != kStandardInput) {
    absl::StatusOr<std::string> text = ReadFile(path, max_bytes);
    if (text.ok()) return text;
    return absl::Status(text.status().code(),
                        "cannot read `" + path + "`: " + std::string(text.status().message()));
  }
  std::string text;
  std::vector<char> block(64 * 1024);
  while (console.in.good()) {
    console.in.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block.data(), static_cast<size_t>(console.in.gcount()));
    if (text.size() > max_bytes) {
      return absl::InvalidArgumentError("cannot read standard input: it is too long (limit is " +
                                        std::to_string(max_bytes) + " bytes)");
    }
  }
  if (console.in.bad()) return absl::DataLossError("cannot read standard input");
  return text;
}

compiler::CompileOptions DefaultCompileOptions(const PriceTable& prices) {
  compiler::CompileOptions options;
  options.cost_limits_act = true;
  const auto providers = std::make_shared<const std::vector<ProviderRecord>>(BuiltInProviders());
  options.is_priced = [providers, &prices](std::string_view provider, std::string_view model) {
    return prices.Find(SlugOf(*providers, provider), model) != nullptr;
  };
  for (const ProviderRecord& record : *providers) {
    options.known_providers.push_back(record.slug);
    options.known_providers.insert(options.known_providers.end(), record.aliases.begin(),
                                   record.aliases.end());
  }
  return options;
}

std::optional<compiler::CompileResult> CompileInput(const std::string& path,
                                                    const Console& console) {
  const absl::StatusOr<std::string> text = ReadInput(path, kMaxRouteInputBytes, console);
  if (!text.ok()) {
    PrintError(console, std::string(text.status().message()));
    return std::nullopt;
  }
  if (LooksLikeProgram(*text)) {
    PrintError(console, "`" + DisplayName(path) +
                            "` is a compiled program; this command needs the route's source");
    return std::nullopt;
  }
  compiler::CompileResult result = CompileText(path, *text, PriceTable::BuiltIn(), console);
  if (!result.ok()) return std::nullopt;
  return result;
}

std::shared_ptr<const Program> LoadProgramInput(const std::string& path, const Console& console,
                                                const PriceTable& prices) {
  const absl::StatusOr<std::string> bytes =
      ReadInput(path, std::max(kMaxProgramFileBytes, kMaxRouteInputBytes), console);
  if (!bytes.ok()) {
    PrintError(console, std::string(bytes.status().message()));
    return nullptr;
  }
  if (!LooksLikeProgram(*bytes)) return CompileText(path, *bytes, prices, console).program;
  absl::StatusOr<std::shared_ptr<const Program>> program = DecodeProgram(*bytes);
  if (program.ok()) return *std::move(program);
  PrintError(console, "`" + DisplayName(path) +
                          "` can't be loaded: " + std::string(program.status().message()));
  return nullptr;
}

}  // namespace junctor::engine
