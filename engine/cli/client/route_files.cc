#include "engine/cli/client/route_files.h"

#include <algorithm>
#include <map>

#include "compiler/diag/render.h"
#include "compiler/source/limits.h"
#include "engine/cli/route_input.h"
#include "engine/cli/route_paths.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

// Providers are the gateway's to know: its configuration may name others, and so may the API.
compiler::CompileOptions OptionsWithoutProviders() {
  compiler::CompileOptions options = DefaultCompileOptions();
  options.known_providers.clear();
  return options;
}

// The route in `path`; nothing after an error, which is on the error stream.
std::optional<RouteFile> Load(const std::string& path, const Console& console) {
  const auto fail = [&](const std::string& message) {
    PrintError(console, message);
    return std::optional<RouteFile>();
  };
  const absl::StatusOr<std::string> text =
      ReadInput(path, compiler::kMaxRouteTextBytes + 1, console);
  if (!text.ok()) return fail(std::string(text.status().message()));
  if (LooksLikeProgram(*text)) {
    return fail("`" + DisplayName(path) + "` is a compiled program; the API takes sources");
  }
  const compiler::CompileResult result =
      compiler::Compile(DisplayName(path), *text, OptionsWithoutProviders());
  if (!result.ok()) {
    console.err << compiler::RenderText(result.diagnostics, *result.source,
                                        {.colour = console.colour_err})
                << '\n';
    return std::nullopt;
  }
  absl::StatusOr<RouteFile> file = ReadRouteFile(DisplayName(path), result.source);
  if (!file.ok()) return fail(std::string(file.status().message()));
  return *std::move(file);
}

}  // namespace

std::optional<std::vector<RouteFile>> LoadRouteFiles(const std::vector<std::string>& paths,
                                                     const Console& console) {
  std::vector<RouteFile> files;
  std::map<std::string, std::string> owners;
  bool good = true;
  for (const std::string& path : paths) {
    const absl::StatusOr<std::vector<RoutePath>> expanded = ExpandRoutePath(path);
    if (!expanded.ok()) {
      PrintError(console, std::string(expanded.status().message()));
      good = false;
      continue;
    }
    for (const RoutePath& one : *expanded) {
      std::optional<RouteFile> file = Load(one.path, console);
      if (!file.has_value()) {
        good = false;
        continue;
      }
      const auto [owner, fresh] = owners.emplace(file->name, file->path);
      if (!fresh) {
        PrintError(console, file->path + ": the route `" + file->name +
                                "` is already defined by `" + owner->second + "`");
        good = false;
      }
      files.push_back(*std::move(file));
    }
  }
  if (!good) return std::nullopt;
  std::sort(files.begin(), files.end(),
            [](const RouteFile& a, const RouteFile& b) { return a.name < b.name; });
  return files;
}

std::string RouteBody(const RouteFile& file, const std::string& name, const std::string& comment) {
  std::string body = "{";
  if (!name.empty()) {
    body += "\"name\":";
    AppendJsonString(&body, name);
    body += ",";
  }
  if (!comment.empty()) {
    body += "\"comment\":";
    AppendJsonString(&body, comment);
    body += ",";
  }
  if (!file.deadline.empty()) body += "\"deadline\":" + file.deadline + ",";
  return body + "\"elements\":" + file.elements + "}";
}

ControlResult<std::vector<ControlError>> ValidateOnServer(ClientSession& session,
                                                          const RouteFile& file) {
  const ControlResult<AdminReply> reply =
      session.api().Post(session.GatewayPath("/routes/validate"), RouteBody(file, file.name, ""));
  if (!reply.ok()) return reply.errors();
  std::vector<ControlError> diagnostics = ReadErrors(reply->result()["diagnostics"], false);
  const std::vector<Json>& entries = reply->result()["diagnostics"].items();
  for (size_t i = 0; i < entries.size(); ++i) {
    diagnostics[i].diagnostic = entries[i]["code"].text();
    diagnostics[i].is_warning = entries[i]["severity"].text() == "warning";
  }
  return diagnostics;
}

}  // namespace junctor::engine
