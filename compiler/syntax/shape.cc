// See shape.h.
#include "compiler/syntax/shape.h"

#include <utility>

#include "compiler/diag/text.h"
#include "compiler/syntax/suggest.h"

namespace junctor::compiler {

Diagnostic FindingAt(DiagCode code, const JsonValue& value, std::string message, std::string help) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  diagnostic.span = value.span;
  // An object or array is shown by its first byte: the whole of it says nothing more.
  if (value.is(JsonKind::kObject) || value.is(JsonKind::kArray)) {
    diagnostic.span.end = diagnostic.span.begin + 1;
  }
  diagnostic.pointer = JsonPointerOf(value);
  return diagnostic;
}

Diagnostic FindingAtKey(DiagCode code, const JsonMember& member, std::string message,
                        std::string help) {
  Diagnostic diagnostic = FindingAt(code, *member.value, std::move(message), std::move(help));
  diagnostic.span = member.key_span;
  return diagnostic;
}

void Suggest(Diagnostic* diagnostic, std::string_view suggestion) {
  if (suggestion.empty()) return;
  diagnostic->help = Text({"did you mean ", Quoted(suggestion), "?"});
  diagnostic->fix = Fix{diagnostic->span, "\"" + std::string(suggestion) + "\"", false};
}

void ReportUnknownKey(const JsonMember& member, const std::string& owner,
                      const std::vector<std::string_view>& known, DiagnosticSink* sink) {
  Diagnostic unknown = FindingAtKey(DiagCode::kUnknownKey, member,
                                    Text({"unknown key ", Quoted(member.key), " in ", owner}));
  if (known.empty()) {
    unknown.help = "remove it";
  } else {
    unknown.help =
        Text({"the keys here are ", Listed(std::vector<std::string>(known.begin(), known.end()))});
  }
  Suggest(&unknown, ClosestName(member.key, known));
  sink->Report(std::move(unknown));
}

void ReportMissingKey(const JsonValue& object, std::string_view key, const std::string& owner,
                      std::string_view example, DiagnosticSink* sink) {
  // A misspelt key was reported; it is most likely the one that is missing.
  for (const JsonMember& member : object.members()) {
    if (!ClosestName(member.key, {key}).empty()) return;
  }
  Diagnostic missing =
      FindingAt(DiagCode::kMissingKey, object, Text({"missing key ", Quoted(key), " in ", owner}));
  if (!example.empty()) missing.help = Text({"add ", Quoted(example)});
  sink->Report(std::move(missing));
}

bool ExpectKind(const JsonValue& value, JsonKind kind, const std::string& what,
                DiagnosticSink* sink) {
  if (value.is(kind)) return true;
  if (value.is(JsonKind::kInvalid)) return false;
  Diagnostic wrong =
      FindingAt(DiagCode::kWrongType, value,
                Text({what, " must be ", JsonKindName(kind), ", found ", DescribeJson(value)}));
  wrong.label = Text({"expected ", JsonKindName(kind)});
  if (kind == JsonKind::kString && (value.is(JsonKind::kNumber) || value.is(JsonKind::kBool))) {
    const std::string text = value.is(JsonKind::kNumber) ? std::string(value.text)
                             : value.boolean             ? "true"
                                                         : "false";
    wrong.help = Text({"write ", Quoted("\"" + text + "\"")});
    wrong.fix = Fix{value.span, "\"" + text + "\"", false};
  }
  if (value.is(JsonKind::kString) && (kind == JsonKind::kNumber || kind == JsonKind::kBool)) {
    const bool plain = kind == JsonKind::kBool
                           ? value.text == "true" || value.text == "false"
                           : !value.text.empty() && value.text.find_first_not_of("0123456789.-") ==
                                                        std::string_view::npos;
    if (plain) {
      wrong.help = Text({"write ", Quoted(value.text), " without quotes"});
      wrong.fix = Fix{value.span, std::string(value.text), false};
    }
  }
  sink->Report(std::move(wrong));
  return false;
}

}  // namespace junctor::compiler
