// Values in conditions: from JSON to constants (R29).
#pragma once

#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/diag/sink.h"
#include "compiler/syntax/json_tree.h"
#include "runtime/program/value.h"

namespace junctor::compiler {

// Builds constants in an arena that outlives them.
class LiteralBuilder {
 public:
  LiteralBuilder(std::pmr::memory_resource* arena, DiagnosticSink* sink)
      : arena_(arena), sink_(sink) {}

  // The constant that `value` is. Recurses as deep as the value, which kMaxConditionDepth bounds. A
  // number too large for every request is reported.
  Value Build(const JsonValue& value);

  // An array of `items`.
  Value Array(const std::vector<Value>& items);
  // A string, copied.
  Value String(std::string_view text);

 private:
  Value Number(const JsonValue& value);

  std::pmr::memory_resource* arena_;
  DiagnosticSink* sink_;
};

// The number `text`, a JSON number: an integer where it is written as one and fits, a double
// otherwise (then 5.0 and 5e0 are integers again, see Value::Number). Nothing where it is larger
// than every double.
std::optional<Value> ParseNumber(std::string_view text);

}  // namespace junctor::compiler
