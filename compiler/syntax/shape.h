// Findings about keys and JSON types, worded in one way wherever they are found.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diag/sink.h"
#include "compiler/syntax/json_tree.h"

namespace junctor::compiler {

// A finding at `value`, with its pointer; to be amended and reported.
Diagnostic FindingAt(DiagCode code, const JsonValue& value, std::string message,
                     std::string help = "");

// A finding at the key of `member`.
Diagnostic FindingAtKey(DiagCode code, const JsonMember& member, std::string message,
                        std::string help = "");

// Sets help and fix of `diagnostic` to `suggestion` in place of the key or string at its span,
// where there is one.
void Suggest(Diagnostic* diagnostic, std::string_view suggestion);

// Reports the key of `member` as none of `known`, with a suggestion. `owner` is e.g. "the model
// element `gpt`".
void ReportUnknownKey(const JsonMember& member, const std::string& owner,
                      const std::vector<std::string_view>& known, DiagnosticSink* sink);

// Reports that `object` lacks `key`. `example` is a member to add, e.g. `"limit": 100`; may be
// empty. Says nothing where a key stands there that is close to it: that one is unknown, and
// reported as such.
void ReportMissingKey(const JsonValue& object, std::string_view key, const std::string& owner,
                      std::string_view example, DiagnosticSink* sink);

// Whether `value` is of kind `kind`; if not, reports it unless it is poisoned. `what` is e.g.
// "`outputs` of the element `a`".
bool ExpectKind(const JsonValue& value, JsonKind kind, const std::string& what,
                DiagnosticSink* sink);

// The same where naming the value costs more than the check, which nearly always holds: `name` is
// called only to report.
template <std::invocable Name>
bool ExpectKind(const JsonValue& value, JsonKind kind, Name name, DiagnosticSink* sink) {
  return value.is(kind) || ExpectKind(value, kind, std::string(name()), sink);
}

}  // namespace junctor::compiler
