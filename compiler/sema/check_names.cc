// R5: names and ids. See passes.h.
#include <algorithm>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/passes.h"
#include "compiler/source/limits.h"
#include "compiler/source/utf8.h"
#include "compiler/syntax/shape.h"

namespace junctor::compiler {
namespace {

bool IsNameCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// `text` with what can't stand in a name replaced, or "" where nothing would be left.
std::string Repaired(std::string_view text) {
  std::string repaired;
  for (const char c : text) {
    if (IsNameCharacter(c)) {
      repaired += c;
    } else if (!repaired.empty() && repaired.back() != '-') {
      repaired += '-';
    }
  }
  while (!repaired.empty() && repaired.back() == '-') repaired.pop_back();
  return repaired.substr(0, kMaxNameLength);
}

// Reports where `value`, a string, is no name. `what` is e.g. "the route's name".
void CheckName(const JsonValue& value, DiagCode code, std::string_view what, DiagnosticSink* sink) {
  const std::string_view text = value.text;
  // Bytes that are not UTF-8, or half a surrogate pair: reported when they were read.
  if (text.find(kReplacementCharacter) != std::string_view::npos) return;
  const auto wrong = std::find_if_not(text.begin(), text.end(), IsNameCharacter);
  if (!text.empty() && text.size() <= kMaxNameLength && wrong == text.end()) return;
  Diagnostic invalid =
      FindingAt(code, value, "", "1 to 64 characters of A-Z a-z 0-9 _ - . are allowed");
  if (text.empty()) {
    invalid.message = Text({what, " is empty"});
  } else if (wrong != text.end()) {
    invalid.message = Text({what, " ", Quoted(text), " has characters that are not allowed"});
  } else {
    invalid.message = Text({what, " is too long (limit is ", kMaxNameLength,
                            " characters, this one has ", text.size(), ")"});
  }
  const std::string repaired = Repaired(text);
  if (!repaired.empty() && text.size() <= kMaxNameLength) {
    invalid.help += Text({"; write e.g. ", Quoted(repaired)});
    invalid.fix = Fix{value.span, "\"" + repaired + "\"", false};
  }
  sink->Report(std::move(invalid));
}

}  // namespace

std::string OwnerName(const ElementSyntax& element) { return "the " + DescribeElement(element); }

void CheckNames(SemaContext* context) {
  const RouteSyntax& route = context->route;
  if (route.name != nullptr) {
    CheckName(*route.name, DiagCode::kInvalidName, "the route's name", context->sink);
    context->graph->route_name = route.name->text;
  }
  if (route.id != nullptr)
    CheckName(*route.id, DiagCode::kInvalidId, "the route's id", context->sink);
  if (route.description != nullptr) context->graph->description = route.description->text;

  context->ids.reserve(route.elements.size());
  context->graph->elements.reserve(route.elements.size());
  for (uint32_t i = 0; i < route.elements.size(); ++i) {
    const ElementSyntax& element = route.elements[i];
    if (element.id == nullptr) {
      ++context->nameless_elements;
      context->graph->elements.push_back({"", element.value->span});
      continue;
    }
    context->graph->elements.push_back({std::string(element.id->text), element.id->span});
    CheckName(*element.id, DiagCode::kInvalidId, "the id", context->sink);
    const auto [first, inserted] = context->ids.emplace(element.id->text, i);
    if (inserted) continue;
    const ElementSyntax& other = route.elements[first->second];
    Diagnostic duplicate = FindingAt(DiagCode::kDuplicateId, *element.id,
                                     Text({"two elements have the id ", Quoted(element.id->text)}),
                                     "give one of them another id");
    duplicate.label = Text({"also the id of the element at index ", first->second});
    duplicate.related.push_back({other.id->span, "first used here"});
    context->sink->Report(std::move(duplicate));
  }
}

}  // namespace junctor::compiler
