// A route as written: its outline, with every value still JSON. What sema checks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/span.h"
#include "compiler/syntax/json_tree.h"

namespace junctor::compiler {

// The types of elements, whatever their spelling (R2).
enum class ElementType : uint8_t {
  kUnknown,  // reported, or missing
  kStart,
  kConditional,
  kPercentage,
  kRate,
  kModel,
  kEnd,
};

// "percentage": the canonical spelling.
std::string_view ElementTypeName(ElementType type);

// What `properties` of an element of this type may hold, both spellings included (R2).
const std::vector<std::string_view>& PropertyKeysOf(ElementType type);

// The outputs that an element of this type may have; of percentage elements, that without a share.
const std::vector<std::string_view>& OutputNamesOf(ElementType type);

// One output of an element.
struct OutputSyntax {
  std::string_view name;  // the key, e.g. "next" or "50% control"
  Span name_span;
  const JsonValue* value = nullptr;  // what the key holds
  const JsonValue* target =
      nullptr;  // its elementId, a string; null where it is damaged (reported)
};

// One element. Pointers are null where the key is absent or of the wrong type (reported).
struct ElementSyntax {
  const JsonValue* value = nullptr;      // the whole element
  const JsonValue* id = nullptr;         // a string
  const JsonValue* type_name = nullptr;  // a string
  ElementType type = ElementType::kUnknown;
  const JsonValue* properties = nullptr;     // an object
  const JsonValue* outputs_value = nullptr;  // an object
  std::vector<OutputSyntax> outputs;         // in the order of the text
  bool properties_damaged = false;           // there are properties, but not an object
  bool outputs_damaged = false;              // there are outputs, but not an object
};

// A route. Owns the JSON tree that it points into.
struct RouteSyntax {
  std::unique_ptr<JsonTree> json;
  const JsonValue* document = nullptr;        // an object
  const JsonValue* name = nullptr;            // a string
  const JsonValue* id = nullptr;              // a string
  const JsonValue* description = nullptr;     // a string
  const JsonValue* deadline = nullptr;        // any kind
  const JsonValue* elements_value = nullptr;  // an array
  std::vector<ElementSyntax>
      elements;  // in the order of the text; empty where there are too many (reported)
};

// "the percentage element `ab`", or "element 3 (percentage)" where it has no id: for messages.
std::string DescribeElement(const ElementSyntax& element);

}  // namespace junctor::compiler
