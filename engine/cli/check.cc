// junctor check: every diagnostic of every file, and what each good route can cost at worst.
#include <map>
#include <memory>

#include "compiler/diag/render.h"
#include "compiler/graph/bounds.h"
#include "compiler/source/limits.h"
#include "engine/cli/commands.h"
#include "engine/cli/route_input.h"
#include "engine/cli/route_paths.h"
#include "engine/config/config.h"
#include "engine/explain/bounds_json.h"
#include "engine/observe/json_text.h"
#include "engine/serve/price_file.h"

namespace junctor::engine {
namespace {

// Elements of a path that a line shows; of a longer one the ends.
constexpr size_t kMaxShownElements = 12;

using compiler::CompileResult;

std::string PathText(const std::vector<std::string>& ids) {
  std::string text;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!text.empty()) text += " -> ";
    if (ids.size() > kMaxShownElements && i == kMaxShownElements / 2) {
      i = ids.size() - kMaxShownElements / 2;
      text += "... -> ";
    }
    text += ids[i];
  }
  return text;
}

std::string DurationText(uint64_t milliseconds) {
  if (milliseconds < 1000) return std::to_string(milliseconds) + " ms";
  std::string text;
  AppendJsonMilliseconds(&text, static_cast<double>(milliseconds) / 1000);
  return text + " s";
}

std::string Plural(uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

// "route `x`: longest path 4 elements, at most 2 model calls, first byte after at most 60 s (start
// -> …)".
std::string BoundsText(const CompileResult& result) {
  const compiler::RouteBounds bounds = compiler::ComputeBounds(*result.graph);
  std::string text = "route `" + result.graph->route_name + "`: longest path " +
                     Plural(bounds.values.longest_path, "element") + ", at most " +
                     Plural(bounds.values.max_calls, "model call") + ", first byte after at most " +
                     DurationText(bounds.values.worst_first_byte_ms);
  if (bounds.deadline_caps) text += ", the deadline";
  return text + " (" + PathText(ElementsOf(*result.graph, bounds.slowest)) + ")";
}

// Checks files one after the other.
class Checker {
 public:
  Checker(const CheckOptions& options, compiler::CompileOptions compile_options,
          const Console& console)
      : options_(options), compile_options_(std::move(compile_options)), console_(console) {}

  void Check(const RoutePath& file) {
    ++files_;
    const absl::StatusOr<std::string> text =
        ReadInput(file.path, compiler::kMaxRouteTextBytes + 1, console_);
    if (!text.ok()) {
      Fail(file.path, std::string(text.status().message()));
      return;
    }
    if (LooksLikeProgram(*text)) {
      Fail(file.path, "`" + DisplayName(file.path) +
                          "` is a compiled program; check needs the route's source");
      return;
    }
    const CompileResult result = compiler::Compile(DisplayName(file.path), *text, compile_options_);
    errors_ += result.CountOf(compiler::Severity::kError);
    warnings_ += result.CountOf(compiler::Severity::kWarning);
    if (options_.format == OutputFormat::kJson) {
      PrintJson(file.path, result);
    } else {
      PrintText(file.path, result);
    }
    if (result.ok()) ClaimName(file, result.graph->route_name);
  }

  void Fail(const std::string& path, const std::string& message) {
    ++errors_;
    PrintError(console_, message);
    if (options_.format != OutputFormat::kJson) return;
    std::string line = "{\"file\":";
    AppendJsonString(&line, DisplayName(path));
    line += ",\"ok\":false,\"error\":";
    AppendJsonString(&line, message);
    console_.out << line << ",\"errors\":1,\"warnings\":0,\"diagnostics\":[]}\n";
  }

  int Finish() {
    if (errors_ + warnings_ > 0 && options_.format == OutputFormat::kText) {
      console_.err << Plural(errors_, "error") << " and " << Plural(warnings_, "warning") << " in "
                   << Plural(files_, "file") << '\n';
    }
    const bool failed = errors_ > 0 || (options_.warnings_are_errors && warnings_ > 0);
    return failed ? kExitFailure : kExitOk;
  }

 private:
  void PrintText(const std::string& path, const CompileResult& result) {
    if (!result.diagnostics.empty()) {
      console_.err << compiler::RenderText(result.diagnostics, *result.source,
                                           {.colour = console_.colour_err})
                   << '\n';
    }
    if (result.ok()) console_.out << DisplayName(path) << ": " << BoundsText(result) << '\n';
  }

  void PrintJson(const std::string& path, const CompileResult& result) {
    const std::string name = DisplayName(path);
    std::string line = "{\"file\":";
    AppendJsonString(&line, name);
    line += result.ok() ? ",\"ok\":true" : ",\"ok\":false";
    line += ",\"errors\":" + std::to_string(result.CountOf(compiler::Severity::kError));
    line += ",\"warnings\":" + std::to_string(result.CountOf(compiler::Severity::kWarning));
    line += ",\"diagnostics\":[";
    for (size_t i = 0; i < result.diagnostics.size(); ++i) {
      if (i > 0) line.push_back(',');
      line += compiler::RenderJson(result.diagnostics[i], name);
    }
    line.push_back(']');
    if (result.ok()) {
      line += ",\"route\":";
      AppendJsonString(&line, result.graph->route_name);
      line += ",\"bounds\":";
      line += RenderBoundsJson(*result.graph);
    }
    console_.out << line << "}\n";
  }

  // A folder is served as one: two of its files can't have one route name.
  void ClaimName(const RoutePath& file, const std::string& route) {
    if (file.folder.empty()) return;
    const auto [owner, fresh] = owners_.emplace(std::make_pair(file.folder, route), file.path);
    if (fresh) return;
    ++errors_;
    PrintError(console_, file.path + ": the route `" + route + "` is already defined by `" +
                             owner->second + "`; of one folder only one of them is served");
  }

  const CheckOptions& options_;
  const compiler::CompileOptions compile_options_;
  const Console& console_;
  std::map<std::pair<std::string, std::string>, std::string> owners_;
  size_t files_ = 0;
  size_t errors_ = 0;
  size_t warnings_ = 0;
};

}  // namespace

int RunCheck(const CheckOptions& options, const Console& console) {
  compiler::CompileOptions compile_options = DefaultCompileOptions();
  if (!options.config.empty()) {
    // Only names are wanted: a key that is not set here does not matter.
    const EnvironmentLookup any_value = [](const std::string&) { return std::string("set"); };
    absl::StatusOr<Config> loaded = LoadConfig(options.config, any_value);
    if (!loaded.ok()) {
      PrintError(console, std::string(loaded.status().message()));
      return kExitFailure;
    }
    const absl::StatusOr<std::shared_ptr<const PriceTable>> prices =
        LoadPriceTable(loaded->prices.file);
    if (!prices.ok()) {
      PrintError(console, std::string(prices.status().message()));
      return kExitFailure;
    }
    const auto config = std::make_shared<const Config>(*std::move(loaded));
    compile_options.known_providers = config->ProviderNames();
    compile_options.is_priced = [config, table = *prices](std::string_view provider,
                                                          std::string_view model) {
      return table->Find(SlugOf(config->providers, provider), model) != nullptr;
    };
  }
  Checker checker(options, std::move(compile_options), console);
  for (const std::string& path : options.files) {
    const absl::StatusOr<std::vector<RoutePath>> files = ExpandRoutePath(path);
    if (!files.ok()) {
      checker.Fail(path, std::string(files.status().message()));
      continue;
    }
    for (const RoutePath& file : *files) checker.Check(file);
  }
  return checker.Finish();
}

}  // namespace junctor::engine
