// The JSON form: see render.h.
#include <algorithm>
#include <string>

#include "compiler/diag/catalog.h"
#include "compiler/diag/render.h"
#include "compiler/source/utf8.h"

namespace junctor::compiler {
namespace {

// Appends `text` as a JSON string; what is not UTF-8 (a file's name may be anything) is replaced.
void PutString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  *out += '"';
  for (const char character : ReplaceInvalidUtf8(text)) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      *out += '\\';
      *out += character;
    } else if (byte < 0x20) {
      *out += "\\u00";
      *out += kHex[byte >> 4];
      *out += kHex[byte & 0xf];
    } else {
      *out += character;
    }
  }
  *out += '"';
}

void PutKey(std::string_view key, std::string* out) {
  if (out->back() != '{') *out += ',';
  PutString(key, out);
  *out += ':';
}

void PutMember(std::string_view key, std::string_view text, std::string* out) {
  PutKey(key, out);
  PutString(text, out);
}

void PutMember(std::string_view key, uint64_t number, std::string* out) {
  PutKey(key, out);
  *out += std::to_string(number);
}

// A text that may be absent.
void PutOptional(std::string_view key, std::string_view text, std::string* out) {
  PutKey(key, out);
  if (text.empty()) {
    *out += "null";
  } else {
    PutString(text, out);
  }
}

void PutSpan(Span span, std::string* out) {
  PutKey("span", out);
  *out += '{';
  PutMember("start", span.begin, out);
  PutMember("end", span.end, out);
  *out += '}';
}

}  // namespace

std::string RenderJson(const Diagnostic& diagnostic, std::string_view file) {
  std::string out = "{";
  PutMember("code", DiagCodeName(diagnostic.code), &out);
  PutMember("severity", SeverityName(diagnostic.severity), &out);
  PutMember("title", InfoOf(diagnostic.code).title, &out);
  PutMember("message", diagnostic.message, &out);
  PutMember("file", file, &out);
  PutSpan(diagnostic.span, &out);
  PutMember("line", diagnostic.line, &out);
  PutMember("column", diagnostic.column, &out);
  PutMember("pointer", diagnostic.pointer, &out);
  PutOptional("label", diagnostic.label, &out);
  PutKey("related", &out);
  out += '[';
  for (const RelatedPlace& place : diagnostic.related) {
    if (out.back() != '[') out += ',';
    out += '{';
    PutSpan(place.span, &out);
    PutMember("line", place.line, &out);
    PutMember("column", place.column, &out);
    PutMember("label", place.label, &out);
    out += '}';
  }
  out += ']';
  PutOptional("help", diagnostic.help, &out);
  PutKey("fix", &out);
  if (diagnostic.fix.has_value()) {
    out += '{';
    PutMember("start", diagnostic.fix->span.begin, &out);
    PutMember("end", diagnostic.fix->span.end, &out);
    PutMember("text", diagnostic.fix->text, &out);
    PutMember("applicability", diagnostic.fix->certain ? "machine-applicable" : "maybe-incorrect",
              &out);
    out += '}';
  } else {
    out += "null";
  }
  return out + "}";
}

std::string RenderJson(const std::vector<Diagnostic>& diagnostics, std::string_view file) {
  std::string out = "{";
  PutMember("file", file, &out);
  PutKey("diagnostics", &out);
  out += '[';
  uint64_t errors = 0;
  for (const Diagnostic& diagnostic : diagnostics) {
    out += out.back() == '[' ? "\n" : ",\n";
    out += RenderJson(diagnostic, file);
    if (diagnostic.severity == Severity::kError) ++errors;
  }
  out += diagnostics.empty() ? "]" : "\n]";
  PutMember("errors", errors, &out);
  PutMember("warnings", diagnostics.size() - errors, &out);
  return out + "}\n";
}

}  // namespace junctor::compiler
