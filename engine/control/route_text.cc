// See route_text.h. The name goes before the elements, on their first line, so that only that
// line's columns have to be corrected.
#include "engine/control/route_text.h"

#include <openssl/sha.h>

#include <array>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "compiler/diag/sink.h"
#include "compiler/source/limits.h"
#include "compiler/source/line_map.h"
#include "compiler/source/source.h"
#include "compiler/syntax/json_parser.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

// What stands before the elements.
std::string Prefix(std::string_view name) {
  std::string text = "{\"name\":";
  AppendJsonString(&text, name);
  text += ",\"elements\":";
  return text;
}

// `text` and the version behind it.
std::string AppendSource(const VersionSource& source, std::string text) {
  text += source.elements;
  if (!source.deadline.empty()) text.append(",\"deadline\":").append(source.deadline);
  return text;
}

// "/elements/2/outputs" as {"body", "elements", "2", "outputs"}.
std::vector<std::string> PathOf(std::string_view pointer) {
  std::vector<std::string> path = {"body"};
  for (size_t at = 0; at < pointer.size(); ++at) {
    if (pointer[at] == '/') {
      path.emplace_back();
    } else if (pointer[at] == '~' && at + 1 < pointer.size()) {
      path.back() += pointer[++at] == '0' ? '~' : '/';
    } else {
      path.back() += pointer[at];
    }
  }
  return path;
}

}  // namespace

VersionSource SourceOf(const VersionRow& version) { return {version.elements, version.deadline}; }

std::string RouteText(std::string_view name, const VersionSource& source) {
  std::string text = Prefix(name);
  text.reserve(text.size() + source.elements.size() + 64);
  return AppendSource(source, std::move(text)) + "}";
}

std::string SourceHash(const VersionSource& source) {
  const std::string text = AppendSource(source, std::string());
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return absl::BytesToHexString({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

compiler::CompileOptions StoredRouteOptions(const Config& config, const Directory* directory) {
  compiler::CompileOptions options;
  options.allow_comments = false;
  options.cost_limits_act = true;
  options.known_providers = config.ProviderNames();
  if (directory != nullptr) {
    for (const auto& [slug, provider] : directory->custom_providers()) {
      options.known_providers.push_back(slug);
    }
  }
  return options;
}

compiler::CompileResult CompileElements(std::string_view name, const VersionSource& source,
                                        const compiler::CompileOptions& options) {
  return compiler::Compile(name, RouteText(name, source), options);
}

std::optional<LenientRoute> ReadLeniently(std::string_view body) {
  using compiler::JsonKind;
  // What stands around the elements is short; the rest is for the compiler to refuse.
  if (body.size() > 2 * compiler::kMaxRouteTextBytes) return std::nullopt;
  const compiler::Source source("body", std::string(body));
  compiler::DiagnosticSink sink(source);
  const std::unique_ptr<compiler::JsonTree> tree =
      compiler::JsonParser(source, /*allow_comments=*/true, &sink).Parse();
  if (tree == nullptr || !tree->root->is(JsonKind::kObject)) return std::nullopt;
  const compiler::JsonMember* const elements = tree->root->Find("elements");
  if (elements == nullptr || !elements->value->is(JsonKind::kArray)) return std::nullopt;
  LenientRoute route;
  route.elements = source.TextOf(elements->value->span);
  const compiler::JsonMember* const name = tree->root->Find("name");
  if (name != nullptr && name->value->is(JsonKind::kString)) route.name = name->value->text;
  const compiler::JsonMember* const deadline = tree->root->Find("deadline");
  if (deadline != nullptr) route.deadline = source.TextOf(deadline->value->span);
  return route;
}

std::vector<ControlError> ToControlErrors(const std::vector<compiler::Diagnostic>& diagnostics,
                                          std::string_view name, std::string_view elements) {
  const size_t before = Prefix(name).size();
  const compiler::LineMap lines(elements);
  std::vector<ControlError> errors;
  errors.reserve(diagnostics.size());
  for (const compiler::Diagnostic& diagnostic : diagnostics) {
    ControlError error;
    error.code = kCodeDiagnostic;
    error.diagnostic = compiler::DiagCodeName(diagnostic.code);
    error.message = error.diagnostic + ": " + diagnostic.message;
    error.is_warning = diagnostic.severity == compiler::Severity::kWarning;
    error.path = PathOf(diagnostic.pointer);
    error.fix = diagnostic.help;
    if (diagnostic.span.begin >= before && diagnostic.span.begin <= before + elements.size()) {
      const compiler::Position place =
          lines.PositionOf(static_cast<uint32_t>(diagnostic.span.begin - before));
      error.line = place.line;
      error.column = place.column;
    }
    errors.push_back(std::move(error));
  }
  return errors;
}

}  // namespace junctor::engine
