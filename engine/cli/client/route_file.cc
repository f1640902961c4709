#include "engine/cli/client/route_file.h"

#include <algorithm>

#include "compiler/diag/catalog.h"
#include "compiler/diag/render.h"
#include "compiler/diag/sink.h"
#include "compiler/syntax/json_parser.h"
#include "engine/cli/client/client_session.h"

namespace junctor::engine {
namespace {

bool IsContinuation(char c) { return (c & 0xC0) == 0x80; }

// The end of the comment that begins at `at`; `at` where none does.
size_t CommentEnd(std::string_view text, size_t at) {
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text.substr(at, 2) != "/*") return at;
  const size_t end = text.find("*/", at + 2);
  return end == text.npos ? text.size() : end + 2;
}

// Byte offset of a place, both from 1, the column in code points.
uint32_t OffsetOf(const compiler::Source& source, size_t line, size_t column) {
  const compiler::LineMap& lines = source.lines();
  if (line == 0 || line > lines.line_count()) return 0;
  const std::string_view text = lines.Line(static_cast<uint32_t>(line));
  size_t at = 0;
  for (size_t passed = 1; passed < column && at < text.size(); ++passed) {
    ++at;
    while (at < text.size() && IsContinuation(text[at])) ++at;
  }
  return lines.LineStart(static_cast<uint32_t>(line)) + static_cast<uint32_t>(at);
}

// "JR0304: unknown field" without the code.
std::string_view WithoutCode(std::string_view message, std::string_view code) {
  if (!message.starts_with(code)) return message;
  message.remove_prefix(code.size());
  const size_t begin = message.find_first_not_of(": ");
  return begin == message.npos ? std::string_view() : message.substr(begin);
}

}  // namespace

std::string BlankComments(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t comma = text.npos;  // in `out`: the last comma that nothing but space followed yet
  bool in_string = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      out += c;
      if (c == '\\' && at + 1 < text.size()) out += text[++at];
      in_string = c != '"';
      continue;
    }
    const size_t end = CommentEnd(text, at);
    if (end > at) {
      for (; at < end; ++at) {
        if (text[at] == '\n' || text[at] == '\r') {
          out += text[at];
        } else if (!IsContinuation(text[at])) {
          out += ' ';
        }
      }
      --at;
      continue;
    }
    if (c == ',') {
      comma = out.size();
    } else if (c == ']' || c == '}') {
      if (comma != text.npos) out[comma] = ' ';
      comma = text.npos;
    } else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      comma = text.npos;
    }
    in_string = c == '"';
    out += c;
  }
  return out;
}

absl::StatusOr<std::string> CanonicalVersion(const Json& elements, std::string_view deadline) {
  std::string canonical = elements.Canonical();
  if (deadline.empty()) return canonical;
  const absl::StatusOr<Json> json = Json::Parse(deadline);
  if (!json.ok()) return json.status();
  return canonical + ",\"deadline\":" + json->Canonical();
}

absl::StatusOr<RouteFile> ReadRouteFile(std::string path,
                                        std::shared_ptr<const compiler::Source> source) {
  const compiler::Source plain(source->name(), BlankComments(source->text()));
  compiler::DiagnosticSink sink(plain);
  const std::unique_ptr<compiler::JsonTree> tree =
      compiler::JsonParser(plain, /*allow_comments=*/false, &sink).Parse();
  const compiler::JsonMember* name = nullptr;
  const compiler::JsonMember* elements = nullptr;
  if (tree != nullptr && tree->root != nullptr) {
    name = tree->root->Find("name");
    elements = tree->root->Find("elements");
  }
  if (name == nullptr || elements == nullptr || sink.error_count() > 0) {
    return absl::InternalError("`" + path + "` compiles, and yet it can't be read as JSON");
  }
  RouteFile file;
  file.path = std::move(path);
  file.source = std::move(source);
  file.name = std::string(name->value->text);
  file.elements = std::string(plain.TextOf(elements->value->span));
  const compiler::Position at = plain.lines().PositionOf(elements->value->span.begin);
  file.first_line = at.line;
  file.first_column = at.column;
  const absl::StatusOr<Json> json = Json::Parse(file.elements);
  if (!json.ok()) return json.status();
  if (const compiler::JsonMember* deadline = tree->root->Find("deadline")) {
    file.deadline = std::string(plain.TextOf(deadline->value->span));
  }
  absl::StatusOr<std::string> canonical = CanonicalVersion(*json, file.deadline);
  if (!canonical.ok()) return canonical.status();
  file.canonical = *std::move(canonical);
  return file;
}

std::string RenderServerDiagnostics(const std::vector<ControlError>& diagnostics,
                                    const RouteFile& file, bool colour) {
  std::string out;
  for (const ControlError& one : diagnostics) {
    if (!out.empty()) out += '\n';
    const std::optional<compiler::DiagCode> code = compiler::ParseDiagCode(one.diagnostic);
    if (!code.has_value() || one.line == 0) {
      out += file.path + ": " + (one.is_warning ? "warning: " : "error: ") + ErrorLine(one) + "\n";
      continue;
    }
    compiler::Diagnostic diagnostic;
    diagnostic.code = *code;
    diagnostic.severity =
        one.is_warning ? compiler::Severity::kWarning : compiler::Severity::kError;
    diagnostic.message = std::string(WithoutCode(one.message, one.diagnostic));
    diagnostic.help = one.fix;
    const size_t column = one.line == 1 ? one.column + file.first_column - 1 : one.column;
    diagnostic.line = static_cast<uint32_t>(one.line + file.first_line - 1);
    diagnostic.column = static_cast<uint32_t>(column);
    const uint32_t offset = OffsetOf(*file.source, diagnostic.line, diagnostic.column);
    diagnostic.span = {offset, offset + 1};
    out += compiler::RenderText(diagnostic, *file.source, {.colour = colour});
  }
  return out;
}

}  // namespace junctor::engine
